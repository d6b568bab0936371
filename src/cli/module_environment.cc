// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/module_environment.h"

#include "base/file.h"
#include "base/text.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string_view>

namespace eventsgw {
namespace {

constexpr std::size_t kMaxFile = 1U << 20U;

using Variables = std::map<std::string, std::string, std::less<>>;

/// As in environment files of systemd: quotes around a value are not part of it.
std::string_view unquote(std::string_view value) {
    return is_quoted(value) ? value.substr(1, value.size() - 2) : value;
}

Variables parse_variables(const std::string& content) {
    Variables variables;
    std::istringstream lines(content);
    for (std::string line; std::getline(lines, line);) {
        const std::string_view text = trim(line);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos && text[0] != '#' && text[0] != ';') {
            variables[std::string(trim(text.substr(0, equals)))] = unquote(trim(text.substr(equals + 1)));
        }
    }
    return variables;
}

Result<Variables> load_agent_file() {
    const Result<std::string> content = read_file(kAgentFile, kMaxFile);
    if (content) {
        return parse_variables(*content);
    }
    if (content.error().fault == Fault::absent) {
        return Variables{};
    }
    return within(kAgentFile, content.error());
}

} // namespace

const char* read_environment(const char* name) {
    return std::getenv(name); // NOLINT(concurrency-mt-unsafe): before the first thread
}

Result<Connections> find_connections(const std::optional<std::string>& agent_id) {
    const Result<Variables> file = load_agent_file();
    if (!file) {
        return file.error();
    }
    const Environment environment = [&file](const char* name) -> const char* {
        const char* value = read_environment(name);
        if (value != nullptr && *value != '\0') {
            return value;
        }
        const auto found = file->find(std::string_view(name));
        return found == file->end() ? nullptr : found->second.c_str();
    };
    const char* id = environment("AGENT_ID");
    const char* user = environment("REDIS_USER");
    if (!agent_id && id == nullptr && user != nullptr) {
        return read_connections(environment, user);
    }
    return read_connections(environment, agent_id);
}

std::string show_module_call(const std::string& subcommand) {
    return "runagent -m mail1 eventsgw" + (subcommand.empty() ? "" : " " + subcommand + " ...");
}

std::string advise_on_environment(const std::string& command) {
    return "Run it in the module's state directory, where its agent.env is, or in its environment:\n  " +
           show_module_call(command) + "\n";
}

} // namespace eventsgw
