// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/well_known.h"

#include <algorithm>
#include <utility>

namespace eventsgw {
namespace {

using Members = std::vector<PayloadMember>;

PayloadMember text(std::string_view name, std::string_view note = "") {
    return {name, MemberType::string, false, note};
}

PayloadMember number(std::string_view name, std::string_view note = "") {
    return {name, MemberType::integer, false, note};
}

PayloadMember list(std::string_view name, std::string_view note = "") {
    return {name, MemberType::string_list, false, note};
}

PayloadMember optional(PayloadMember member) {
    member.is_optional = true;
    return member;
}

Members backup_members() {
    return {optional(list("backup_ids")), optional(list("destination_ids", "UUIDs"))};
}

/// Their node was seen as a number and as a string.
Members old_certificate_members() {
    return {optional(text("key")),
            optional(text("certificate")),
            {"node", MemberType::any, true, ""},
            optional(text("module")),
            optional(text("domain"))};
}

Members settings_members() {
    return {text("reason", "the action that changed them, such as configure-module"), text("module_id"),
            number("node_id"), text("module_uuid")};
}

Members support_members() {
    return {text("reason"), number("node_id"), text("session_id", "a secret, used as a password"),
            text("support_user")};
}

constexpr std::string_view kSettingsExample =
    R"({"reason":"configure-module","module_id":"mail1","node_id":1,"module_uuid":"2d7ae6c2-1f6a-4b0c-9d3c-52f8a1a0b0c4"})";
constexpr std::string_view kSupportExample =
    R"({"reason":"started by admin","node_id":1,"session_id":"...","support_user":"nethsupport"})";
constexpr std::string_view kOldCertificateExample = R"({"node":1,"module":"traefik1","domain":"mail.example.org"})";
constexpr std::string_view kBackupExample =
    R"({"backup_ids":["1"],"destination_ids":["14030a59-a4e6-54cc-b8ea-cd5f97fe44c8"]})";

std::vector<WellKnownEvent> events_of_traefik() {
    return {
        {"certificate-changed",
         "module/traefikN",
         "Certificates have changed.",
         true,
         {number("node_id"), text("module_id"), list("names")},
         R"({"node_id":1,"module_id":"traefik1","names":["*.example.org"]})"},
        {"certificate-renew", "module/traefikN", "Older form of certificate-changed.", true, old_certificate_members(),
         kOldCertificateExample},
        {"certificate-update", "module/traefikN", "Older form of certificate-changed.", true, old_certificate_members(),
         kOldCertificateExample},
        {"certificate-updated", "module/traefikN", "Older form of certificate-changed.", true,
         old_certificate_members(), kOldCertificateExample},
        {"hosts-changed",
         "module/traefikN",
         "Host names have changed.",
         true,
         {text("node_id", "a string here, and not a number")},
         R"({"node_id":"1"})"},
    };
}

std::vector<WellKnownEvent> events_of_settings() {
    return {
        {"ejabberd-settings-changed", "module/ejabberdN", "The module was configured anew.", true, settings_members(),
         kSettingsExample},
        {"mail-settings-changed", "module/mailN", "The module was configured anew.", true, settings_members(),
         kSettingsExample},
        {"pbx-settings-changed", "the module", "The module was configured anew.", true, settings_members(),
         kSettingsExample},
        {"phonebook-settings-changed", "the module", "The module was configured anew.", true, settings_members(),
         kSettingsExample},
    };
}

std::vector<WellKnownEvent> events_of_user_domains() {
    return {
        {"account-provider-credentials-updated",
         "account providers",
         "The credentials for an account provider have changed. Older modules only.",
         true,
         {},
         "{}"},
        {"service-ldap-changed",
         "module/sambaN, module/openldapN",
         "An LDAP service of a domain has changed.",
         true,
         {text("domain"), number("node"), text("key")},
         R"({"domain":"example.org","node":1,"key":"module/openldap1/srv/tcp/ldap"})"},
        {"user-domain-changed",
         "module/ldapproxyN, cluster",
         "The configuration of a user domain has changed.",
         true,
         {optional(number("node_id", "absent for external domains")), optional(text("domain", "deprecated")),
          list("domains")},
         R"({"node_id":1,"domain":"example.org","domains":["example.org"]})"},
        {"account-provider-changed",
         "cluster",
         "An account provider was added to a user domain or removed from it. Older modules only.",
         true,
         {},
         "{}"},
        {"ldap-provider-changed",
         "cluster",
         "The providers of an LDAP domain have changed.",
         true,
         {text("domain"), text("key")},
         R"({"domain":"example.org","key":"cluster/user_domain/ldap/example.org/providers"})"},
        {"module-domain-changed",
         "cluster",
         "The user domains of modules have changed.",
         true,
         {list("domains"), list("modules")},
         R"({"domains":["example.org"],"modules":["mail1"]})"},
    };
}

std::vector<WellKnownEvent> events_of_metrics() {
    return {
        {"metrics-dashboard-changed", "any module", "The dashboards of the metrics have changed.", true, {}, "{}"},
        {"metrics-datasource-changed", "any module", "The data sources of the metrics have changed.", true, {}, "{}"},
        {"metrics-target-changed", "any module", "The targets of the metrics have changed.", true, {}, "{}"},
    };
}

std::vector<WellKnownEvent> events_of_backups() {
    return {
        {"backup-destination-changed", "cluster", "Destinations of backups have changed.", true, backup_members(),
         kBackupExample},
        {"backup-schedule-changed", "cluster", "Schedules of backups have changed.", true, backup_members(),
         kBackupExample},
    };
}

std::vector<WellKnownEvent> events_of_modules() {
    return {
        {"module-added",
         "cluster",
         "A module was installed.",
         true,
         {text("module"), number("node")},
         R"({"module":"dokuwiki1","node":1})"},
        {"module-removed",
         "cluster",
         "A module was removed.",
         true,
         {text("module"), number("node")},
         R"({"module":"dokuwiki1","node":1})"},
    };
}

std::vector<WellKnownEvent> events_of_cluster() {
    return {
        {"acl-changed",
         "cluster",
         "Access rules have changed. The payload is the text cluster/acls and no JSON.",
         false,
         {},
         "cluster/acls"},
        {"default-instance-changed",
         "cluster",
         "Another instance of a module is the default one.",
         true,
         {text("instance"), text("previous"), text("current")},
         R"({"instance":"loki","previous":"loki1","current":"loki2"})"},
        {"leader-changed",
         "cluster",
         "Another node is the leader.",
         true,
         {number("node_id"), text("endpoint")},
         R"({"node_id":2,"endpoint":"node2.example.org:55820"})"},
        {"smarthost-changed",
         "cluster",
         "The settings for outgoing mail have changed.",
         true,
         {text("key")},
         R"({"key":"cluster/smarthost"})"},
        {"subscription-changed",
         "cluster",
         "The subscription of the cluster has changed.",
         true,
         {text("action", "subscribed or terminated")},
         R"({"action":"subscribed"})"},
        {"vpn-changed",
         "cluster",
         "The network between the nodes has changed.",
         true,
         {number("node_id")},
         R"({"node_id":1})"},
    };
}

std::vector<WellKnownEvent> events_of_nodes() {
    return {
        {"backup-status-changed",
         "node/N",
         "The status of a backup has changed.",
         true,
         {number("node_id"), text("module_id"), number("backup_id")},
         R"({"node_id":1,"module_id":"mail1","backup_id":1})"},
        {"fqdn-changed",
         "node/N",
         "The node has another name.",
         true,
         {text("hostname"), text("domain"), number("node")},
         R"({"hostname":"node1","domain":"example.org","node":1})"},
        {"support-session-started", "node/N", "A session of the support has begun.", true, support_members(),
         kSupportExample},
        {"support-session-stopped", "node/N", "A session of the support has ended.", true, support_members(),
         kSupportExample},
    };
}

std::vector<WellKnownEvent> make_table() {
    std::vector<WellKnownEvent> table = events_of_traefik();
    for (std::vector<WellKnownEvent> part :
         {events_of_settings(), events_of_user_domains(), events_of_metrics(), events_of_backups(), events_of_modules(),
          events_of_cluster(), events_of_nodes()}) {
        std::move(part.begin(), part.end(), std::back_inserter(table));
    }
    std::sort(table.begin(), table.end(),
              [](const WellKnownEvent& a, const WellKnownEvent& b) { return a.name < b.name; });
    return table;
}

} // namespace

std::string_view to_string(MemberType type) {
    switch (type) {
    case MemberType::any: return "";
    case MemberType::string: return "a string";
    case MemberType::integer: return "an integer";
    case MemberType::string_list: return "an array of strings";
    }
    return "";
}

const std::vector<WellKnownEvent>& well_known_events() {
    static const std::vector<WellKnownEvent> table = make_table();
    return table;
}

const WellKnownEvent* find_well_known_event(std::string_view name) {
    for (const WellKnownEvent& event : well_known_events()) {
        if (event.name == name) {
            return &event;
        }
    }
    return nullptr;
}

} // namespace eventsgw
