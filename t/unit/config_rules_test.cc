// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/rules.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace config_rules_test {

Rule make_rule(RuleKind kind, std::string channel, bool is_pattern, std::size_t line) {
    return Rule{kind, std::move(channel), is_pattern, "value", line};
}

const RuleSet& example() {
    static const RuleSet rules({
        make_rule(RuleKind::action, "b", false, 1),
        make_rule(RuleKind::action, "a*", true, 2),
        make_rule(RuleKind::action, "a", false, 3),
        make_rule(RuleKind::command, "a*", true, 4),
        make_rule(RuleKind::command, "b", false, 5),
        make_rule(RuleKind::command, "b", true, 6),
    });
    return rules;
}

std::string join(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += name + " ";
    }
    return text;
}

std::string lines_of(const RuleSet::Indexes* indexes) {
    if (indexes == nullptr) {
        return "none";
    }
    std::string text;
    for (const std::size_t index : *indexes) {
        text += std::to_string(example().all().at(index).line) + " ";
    }
    return text;
}

void each_name_is_subscribed_once_in_order() {
    CHECK_EQUAL(join(example().channels()), "b a ");
    CHECK_EQUAL(join(example().patterns()), "a* b ");
}

void a_subscription_finds_all_its_rules_in_order() {
    CHECK_EQUAL(lines_of(example().find_channel("b")), "1 5 ");
    CHECK_EQUAL(lines_of(example().find_pattern("a*")), "2 4 ");
    CHECK_EQUAL(lines_of(example().find_channel("a")), "3 ");
}

void channels_and_patterns_are_different_subscriptions() {
    CHECK_EQUAL(lines_of(example().find_pattern("b")), "6 ");
    CHECK_EQUAL(lines_of(example().find_channel("a*")), "none");
    CHECK_EQUAL(lines_of(example().find_channel("B")), "none");
}

void an_empty_set_subscribes_nothing() {
    const RuleSet none;
    CHECK(none.empty());
    CHECK(none.channels().empty() && none.patterns().empty());
    CHECK(none.find_channel("") == nullptr);
}

void a_kind_knows_its_section() {
    CHECK_EQUAL(section_of(RuleKind::action), "actions");
    CHECK_EQUAL(section_of(RuleKind::command), "commands");
}

const TestGroup group{
    TEST(each_name_is_subscribed_once_in_order),
    TEST(a_subscription_finds_all_its_rules_in_order),
    TEST(channels_and_patterns_are_different_subscriptions),
    TEST(an_empty_set_subscribes_nothing),
    TEST(a_kind_knows_its_section),
};

} // namespace config_rules_test
