// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/fd.h"
#include "base/text.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/publish.h"
#include "cli/standard_output.h"
#include "cli/subcommands.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {
namespace {

using Words = std::vector<std::string>;

/// `subcommand` is the one that was named, or nullptr.
int complain(const std::string& message, const Subcommand* subcommand = nullptr) {
    std::cerr << "eventsgw: " << message << "\nTry \"eventsgw "
              << (subcommand == nullptr ? "" : std::string(subcommand->name) + " ") << "--help\".\n";
    return kExitUsage;
}

int complain_of_subcommand(const std::string& word) {
    std::vector<std::string_view> names{"help"};
    std::string list;
    for (const Subcommand& subcommand : subcommands()) {
        names.push_back(subcommand.name);
        list += std::string(subcommand.name) + ", ";
    }
    const std::string_view nearest = find_nearest(to_lower(word), names);
    const std::string question = nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
    return complain("unknown subcommand " + quote(word) + question + "\nThere are: " + list + "help");
}

/// What is wrong with the arguments besides options; empty when nothing is.
std::string find_argument_fault(const Subcommand& subcommand, const Words& arguments) {
    if (subcommand.argument_count == kAnyNumber) {
        return "";
    }
    if (arguments.size() < subcommand.argument_count) {
        return std::string(subcommand.name) + " needs " + std::string(subcommand.arguments);
    }
    const bool is_bounded = subcommand.optional_arguments != kAnyNumber;
    const std::size_t most = is_bounded ? subcommand.argument_count + subcommand.optional_arguments : kAnyNumber;
    if (arguments.size() <= most) {
        return "";
    }
    const std::string& surplus = arguments[most];
    const std::vector<std::string_view>& options = subcommand.options;
    const bool may_be_a_file = most == 0 && std::find(options.begin(), options.end(), "config") != options.end();
    return "unexpected argument " + quote(surplus) +
           (may_be_a_file
                ? "; the file goes behind --config: eventsgw " + std::string(subcommand.name) + " --config FILE"
                : "");
}

int dispatch(const Subcommand& subcommand, const Words& words) {
    const Result<Options> options = parse_options(words, subcommand.options);
    if (!options) {
        return complain(options.error().message, &subcommand);
    }
    if (options->help) {
        show_help(subcommand, std::cout);
        return kExitSuccess;
    }
    if (options->version) {
        std::cout << "eventsgw " << EVENTSGW_VERSION << "\n";
        return kExitSuccess;
    }
    if (std::find(subcommand.formats.begin(), subcommand.formats.end(), options->format) == subcommand.formats.end()) {
        return complain("--format: unknown format " + quote(options->format), &subcommand);
    }
    if (const std::string fault = find_argument_fault(subcommand, options->arguments); !fault.empty()) {
        return complain(fault, &subcommand);
    }
    return subcommand.function(*options);
}

/// A command line that begins with an option, or is empty.
int dispatch_bare(const Words& words) {
    const Subcommand& usual = subcommands().front();
    const Result<Options> options = parse_options(words, usual.options);
    if (options && options->help) {
        show_general_help(subcommands(), std::cout);
        return kExitSuccess;
    }
    const auto late = std::find_if(words.begin(), words.end(), find_subcommand);
    if (late != words.end() && (!options || !options->arguments.empty())) {
        return complain("the subcommand comes first: eventsgw " + *late + " [OPTION...]");
    }
    return options ? dispatch(usual, words) : complain(options.error().message);
}

int help(const Words& words) {
    const bool is_about_itself =
        words.empty() || words.front() == "help" || words.front() == "--help" || words.front() == "-h";
    if (is_about_itself) {
        show_general_help(subcommands(), std::cout);
        return kExitSuccess;
    }
    if (words.front() == "events") {
        list_well_known_events(std::cout);
        return kExitSuccess;
    }
    const Subcommand* subcommand = find_subcommand(words.front());
    if (subcommand == nullptr) {
        return complain_of_subcommand(words.front());
    }
    show_help(*subcommand, std::cout);
    return kExitSuccess;
}

int run(const Words& words) {
    if (words.empty() || words.front().substr(0, 1) == "-") {
        return dispatch_bare(words);
    }
    const Words rest{words.begin() + 1, words.end()};
    if (words.front() == "help") {
        return help(rest);
    }
    const Subcommand* subcommand = find_subcommand(words.front());
    return subcommand == nullptr ? complain_of_subcommand(words.front()) : dispatch(*subcommand, rest);
}

/// An answer that did not get out, as on a full disk, must not pass for one that did.
int flush_output(const StandardOutput& output, int status) {
    std::cout.flush();
    if (output.error() == 0) {
        return status;
    }
    std::cerr << "eventsgw: standard output cannot be written: " << std::strerror(output.error()) << "\n";
    return kExitIo;
}

} // namespace
} // namespace eventsgw

int main(int argc, char** argv) {
    try {
        const eventsgw::StandardOutput output(std::cout);
        eventsgw::open_missing_standard_descriptors();
        return eventsgw::flush_output(output, eventsgw::run({argv + 1, argv + argc}));
    } catch (const std::exception& error) {
        // What no part expected: out of memory, or a kernel without what the event loop needs.
        std::cerr << "<3>eventsgw: " << error.what() << "\n";
        return eventsgw::kExitSystem;
    }
}
