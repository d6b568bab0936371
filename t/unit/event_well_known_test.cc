// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/well_known.h"

#include "base/json.h"
#include "event/etiquette.h"

#include "testing.h"

#include <algorithm>
#include <string>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_well_known_test {

void each_name_is_there_once_and_in_order() {
    const std::vector<WellKnownEvent>& table = well_known_events();
    CHECK(table.size() > 30);
    for (std::size_t i = 0; i < table.size(); ++i) {
        CHECK(check_event_name(table[i].name).ok());
        CHECK(i == 0 || table[i - 1].name < table[i].name);
        CHECK(find_well_known_event(table[i].name) == &table[i]);
    }
    CHECK(find_well_known_event("no-such-event") == nullptr);
}

void what_the_specification_names_is_there() {
    for (const char* name : {"user-domain-changed", "account-provider-changed", "account-provider-credentials-updated",
                             "certificate-renew", "module-added", "module-removed"}) {
        CHECK(find_well_known_event(name) != nullptr);
    }
}

void each_row_is_complete() {
    for (const WellKnownEvent& event : well_known_events()) {
        CHECK(!event.publishers.empty() && !event.meaning.empty());
        CHECK_EQUAL(event.is_json, is_strict_json(event.example, 8));
        for (const PayloadMember& member : event.members) {
            const bool is_shown = event.example.find("\"" + std::string(member.name) + "\":") != std::string_view::npos;
            CHECK(is_shown || member.is_optional);
        }
    }
}

const TestGroup group{
    TEST(each_name_is_there_once_and_in_order),
    TEST(what_the_specification_names_is_there),
    TEST(each_row_is_complete),
};

} // namespace event_well_known_test
