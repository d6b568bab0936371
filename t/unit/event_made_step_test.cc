// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/made_step.h"

#include "config/rules.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_made_step_test {

const Rule kRule{RuleKind::command, "*/event/x", true, "a = b\nc", 3};

std::string make(std::size_t line, const std::string& file, const std::string& body = "\nbody\n") {
    Rule rule = kRule;
    rule.line = line;
    return put_step_head(rule, file, body);
}

void what_was_made_is_known_again() {
    const std::optional<MadeStep> made = read_made_step(make(3, "a.conf"));
    CHECK(made.has_value());
    CHECK(!made->is_edited);
    CHECK_EQUAL(made->rule, "#   [commands]\n#   */event/x = a = b\\nc");
    CHECK(made->rule.starts_with(name_step_channel(kRule)));
}

void where_the_rule_stands_makes_no_difference() {
    for (const char* file : {"b.conf", "b:\n# c.conf", ""}) {
        const std::optional<MadeStep> made = read_made_step(make(44, file));
        CHECK(!made->is_edited);
        CHECK(made->content == read_made_step(make(3, "a.conf"))->content);
    }
    CHECK(read_made_step(make(3, "a.conf", "\nother\n"))->content != read_made_step(make(3, "a.conf"))->content);
}

void an_edit_is_seen() {
    const std::string text = make(3, "a.conf");
    const std::size_t head = text.find("#   [");
    for (std::size_t at = head; at < text.size(); ++at) {
        std::string edited = text;
        edited[at] = edited[at] == 'z' ? 'y' : 'z';
        CHECK(read_made_step(edited)->is_edited);
    }
    CHECK(read_made_step(text + "\n")->is_edited);
    CHECK(read_made_step(text.substr(0, text.size() - 1))->is_edited);
}

void other_texts_were_not_made() {
    const std::string text = make(3, "a.conf");
    const std::size_t first = text.find('\n') + 1;
    CHECK(!read_made_step(""));
    CHECK(!read_made_step("#!/bin/sh\n"));
    CHECK(!read_made_step(text.substr(first)));
    CHECK(!read_made_step(text.substr(0, first) + text.substr(text.find('\n', first) + 1)));
    CHECK(!read_made_step("#!/bin/sh\n# Made by \"eventsgw migrate\" from line 3"));
    CHECK(read_made_step("#!/bin/sh\n# Made by \"eventsgw migrate\" from line 3 of a:\n")->is_edited);
}

const TestGroup group{
    TEST(what_was_made_is_known_again),
    TEST(where_the_rule_stands_makes_no_difference),
    TEST(an_edit_is_seen),
    TEST(other_texts_were_not_made),
};

} // namespace event_made_step_test
