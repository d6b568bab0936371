// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/own_end.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace config_own_end_test {

void units_of_the_gateway_and_the_node_are_known() {
    for (const std::string line :
         {"systemctl restart eventsgw@samba1", "systemctl --user restart eventsgw", "systemctl stop eventsgw.service",
          "/usr/bin/systemctl try-restart a.service eventsgw", "systemctl reload-or-restart eventsgw",
          "systemctl -M samba1@ --user restart eventsgw", "systemctl restart --no-block eventsgw@a.service", "reboot",
          "/sbin/reboot -f", "shutdown -r now", "poweroff", "halt -p", "systemctl reboot", "systemctl poweroff",
          "systemctl halt", "systemctl kexec", "systemctl isolate rescue.target", "init 6", "init 0"}) {
        CHECK_EQUAL(find_own_end(line), line);
    }
}

void a_command_may_stand_anywhere_in_the_line() {
    for (const char* line : {"cat; reboot",
                             "cat && reboot",
                             "cat || reboot",
                             "cat | reboot",
                             "cat & reboot",
                             "cat\nreboot",
                             "  reboot",
                             "A=1 B=2 reboot",
                             "env A=1 reboot",
                             "env -u A reboot",
                             "sudo reboot",
                             "sudo -n -u root reboot",
                             "exec reboot",
                             "sudo env A=1 reboot",
                             "if test -e x; then reboot; fi",
                             "(reboot)",
                             "x=$(reboot)",
                             "{ reboot; }",
                             "! reboot",
                             "echo 'it' # no\nreboot",
                             "\"reboot\"",
                             "re\\boot",
                             "cat 2>&1; reboot",
                             "cat \\\n; reboot",
                             "nohup reboot >&2",
                             "echo \"a \\\" b\"; reboot"}) {
        CHECK(find_own_end(line).rfind("reboot", 0) == 0);
    }
}

void others_are_left_alone() {
    for (const char* line : {"",
                             "systemctl --user reload ldapproxy",
                             "systemctl reload eventsgw",
                             "systemctl status eventsgw",
                             "systemctl restart ldapproxy",
                             "systemctl restart my-eventsgw",
                             "systemctl",
                             "echo reboot",
                             "echo 'x; reboot'",
                             "echo \"; reboot\"",
                             "# reboot",
                             "echo # ; reboot",
                             "cat > reboot",
                             "reboot-later",
                             "shutdown -c",
                             "init 3",
                             "systemctl -M restart eventsgw",
                             "printf x >& reboot",
                             "echo \\; reboot",
                             "grep 'unfinished",
                             "cat \\",
                             "test -e x && echo halt",
                             "env",
                             "sudo -u reboot true"}) {
        CHECK_EQUAL(find_own_end(line), "");
    }
}

void what_is_shown_is_the_command_alone() {
    CHECK_EQUAL(find_own_end("cat; sudo systemctl  'restart'   eventsgw && true"), "systemctl restart eventsgw");
}

const TestGroup group{
    TEST(units_of_the_gateway_and_the_node_are_known),
    TEST(a_command_may_stand_anywhere_in_the_line),
    TEST(others_are_left_alone),
    TEST(what_is_shown_is_the_command_alone),
};

} // namespace config_own_end_test
