// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/publish.h"

#include "base/text.h"
#include "cli/input.h"
#include "cli/leader_client.h"
#include "cli/module_environment.h"
#include "cli/options.h"
#include "cli/payload_review.h"
#include "event/etiquette.h"
#include "event/event.h"

#include <algorithm>
#include <iomanip>

namespace eventsgw {
namespace {

/// One event to be published.
struct Publication {
    std::string source;
    std::string name;
    std::string payload;

    std::string channel() const { return source + "/event/" + name; }
};

/// What "NAME" or "SOURCE/event/NAME" means for an agent.
Publication address_message(const std::string& event, const std::string& agent_id) {
    if (const std::optional<EventName> parts = split_channel(event)) {
        return {std::string(parts->source), std::string(parts->name), ""};
    }
    return {agent_id, event, ""};
}

Result<std::string> read_payload(const std::optional<std::string>& data) {
    if (data == "-") {
        return read_standard_input();
    }
    return data.value_or("{}");
}

Result<void> check_rules(const Publication& message) {
    if (Result<void> checked = check_event_name(message.name); !checked) {
        return checked;
    }
    return check_event_payload(message.payload);
}

void print_warnings(const Publication& message, std::ostream& err) {
    const WellKnownEvent* known = find_well_known_event(message.name);
    if (known != nullptr) {
        for (const std::string& fault : review_payload(*known, message.payload)) {
            err << "eventsgw: warning: " << fault << "\n";
        }
        return;
    }
    if (const std::string_view past = find_past_tense(message.name); !past.empty()) {
        err << "eventsgw: warning: names of events end in the past tense; " << past << " was meant?\n";
    }
}

int refuse(const Error& error, std::ostream& err) {
    err << "eventsgw: not published: " << error.message
        << "\nListeners rely on this rule of the platform; --force publishes all the same.\n";
    return kExitData;
}

int refuse_source(const Publication& message, const Connections& connections, const Error& error, std::ostream& err) {
    if (error.fault != Fault::denied || message.source == connections.user) {
        return complain_of_leader("publish", error, err);
    }
    err << "eventsgw: not published: the access rules let " << quote(connections.user) << " publish below "
        << escape(connections.user) << "/event/ only, not on " << quote(message.channel()) << "\n";
    return kExitNoPermission;
}

int send(const Publication& message, const Connections& connections, std::ostream& out, std::ostream& err) {
    Loop loop;
    LeaderClient leader(loop, connections, "publish");
    if (const Result<void> connected = leader.connect(); !connected) {
        return complain_of_leader("publish", connected.error(), err);
    }
    const std::string channel = message.channel();
    const Result<Reply> reply = leader.ask({"PUBLISH", channel, message.payload});
    if (!reply) {
        if (leader.is_unanswered()) {
            err << "eventsgw: the connection ended before the answer: the event may have been published\n";
        }
        return refuse_source(message, connections, reply.error(), err);
    }
    out << "published " << quote_if_needed(channel) << ", received by "
        << format_count(static_cast<std::uint64_t>(reply->integer), "subscription") << " on the leader\n";
    return kExitSuccess;
}

} // namespace

int publish(const PublishOptions& options, std::ostream& out, std::ostream& err) {
    const Result<Connections> connections = find_connections(options.agent_id);
    if (!connections || !connections->password) {
        err << "eventsgw: " << (connections ? "REDIS_PASSWORD is not set" : connections.error().message) << "\n"
            << advise_on_environment("publish");
        return kExitConfig;
    }
    Publication message = address_message(options.event, connections->agent_id);
    Result<std::string> payload = read_payload(options.data);
    if (!payload) {
        err << "eventsgw: " << payload.error().message << "\n";
        return kExitNoInput;
    }
    message.payload = std::move(payload).value();
    if (const Result<void> checked = check_rules(message); !checked && !options.force) {
        return refuse(checked.error(), err);
    }
    print_warnings(message, err);
    return send(message, *connections, out, err);
}

void list_well_known_events(std::ostream& out) {
    std::size_t width = 0;
    for (const WellKnownEvent& event : well_known_events()) {
        width = std::max(width, event.name.size());
    }
    for (const WellKnownEvent& event : well_known_events()) {
        out << std::left << std::setw(static_cast<int>(width) + 2) << event.name << event.publishers << "\n";
    }
}

} // namespace eventsgw
