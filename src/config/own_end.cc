// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/own_end.h"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

namespace eventsgw {
namespace {

using Words = std::vector<std::string>;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Cuts a shell line into its simple commands. Quotes and backslashes are removed, nothing is expanded.
class CommandReader {
public:
    explicit CommandReader(std::string_view line) : rest_(line) {}

    std::vector<Words> read() {
        while (!rest_.empty()) {
            take_character();
        }
        end_command();
        return std::move(commands_);
    }

private:
    void take_character() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        if (c == '\'' || c == '"') {
            take_quoted(c);
        } else if (c == '\\') {
            const std::string_view escaped = rest_.substr(0, 1);
            rest_.remove_prefix(escaped.size());
            if (escaped != "\n") { // which continues the line
                add(escaped);
            }
        } else if (c == '#' && !in_word_) {
            rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
        } else if (c == '>' || c == '<') {
            // The "&" of 2>&1 or >& does not end the command.
            rest_.remove_prefix(rest_.substr(0, 1) == "&" ? 1 : 0);
            end_word();
        } else if (c == ' ' || c == '\t') {
            end_word();
        } else if (is_one_of({&c, 1}, {"\n", ";", "&", "|", "(", ")", "`"})) {
            end_command();
        } else {
            add({&c, 1});
        }
    }

    void take_quoted(char quote) {
        add("");
        while (!rest_.empty() && rest_.front() != quote) {
            rest_.remove_prefix(quote == '"' && rest_.front() == '\\' && rest_.size() > 1 ? 1 : 0);
            add(rest_.substr(0, 1));
            rest_.remove_prefix(1);
        }
        rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
    }

    void add(std::string_view text) {
        word_ += text;
        in_word_ = true;
    }

    void end_word() {
        if (in_word_) {
            words_.push_back(std::move(word_));
        }
        word_.clear();
        in_word_ = false;
    }

    void end_command() {
        end_word();
        if (!words_.empty()) {
            commands_.push_back(std::move(words_));
        }
        words_.clear();
    }

    std::string_view rest_;
    std::string word_;
    bool in_word_ = false; ///< even if it is empty so far, as "" is
    Words words_;
    std::vector<Words> commands_;
};

bool is_assignment(std::string_view word) {
    const std::size_t name = word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return name != std::string_view::npos && name > 0 && word[name] == '=';
}

/// Where the command begins behind reserved words, assignments, and programs that run the rest.
std::size_t skip_prefixes(const Words& words) {
    std::size_t i = 0;
    bool has_program = false; // whose options may follow
    for (; i < words.size(); ++i) {
        if (is_one_of(words[i], {"env", "/usr/bin/env", "sudo", "/usr/bin/sudo", "exec", "nohup", "command"})) {
            has_program = true;
        } else if (has_program && is_one_of(words[i], {"-u", "-g", "-C", "-h", "-p", "-a"})) {
            ++i; // an option with a value
        } else if (!(has_program && words[i].rfind('-', 0) == 0) && !is_assignment(words[i]) &&
                   !is_one_of(words[i], {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"})) {
            break;
        }
    }
    return i;
}

/// Of systemctl's own arguments.
bool ends_by_systemctl(const Words& arguments) {
    Words plain;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (is_one_of(arguments[i], {"-M", "-H", "-t", "-s", "-p", "-n", "-o", "--machine", "--host", "--type",
                                     "--signal", "--job-mode", "--root", "--when"})) {
            ++i; // an option with a value
        } else if (arguments[i].rfind('-', 0) != 0) {
            plain.push_back(arguments[i]);
        }
    }
    if (plain.empty()) {
        return false;
    }
    if (is_one_of(plain[0], {"reboot", "poweroff", "halt", "kexec", "soft-reboot", "isolate"})) {
        return true;
    }
    return is_one_of(plain[0], {"restart", "stop", "try-restart", "reload-or-restart"}) &&
           std::any_of(plain.begin() + 1, plain.end(),
                       [](const std::string& unit) { return unit.rfind("eventsgw", 0) == 0; });
}

bool ends_it(const Words& command) {
    const std::string name = command[0].substr(command[0].rfind('/') + 1); // npos + 1 is 0
    const Words arguments(command.begin() + 1, command.end());
    const auto has = [&](std::string_view word) {
        return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
    };
    if (name == "systemctl") {
        return ends_by_systemctl(arguments);
    }
    if (name == "shutdown") {
        return !has("-c"); // which calls one off
    }
    if (name == "init" || name == "telinit") {
        return has("0") || has("6");
    }
    return is_one_of(name, {"reboot", "poweroff", "halt"});
}

} // namespace

std::string find_own_end(std::string_view line) {
    for (const Words& words : CommandReader(line).read()) {
        const std::size_t begin = skip_prefixes(words);
        const Words command(words.begin() + static_cast<Words::difference_type>(begin), words.end());
        if (command.empty() || !ends_it(command)) {
            continue;
        }
        std::string text = command[0];
        for (std::size_t i = 1; i < command.size(); ++i) {
            text += " " + command[i];
        }
        return text;
    }
    return "";
}

} // namespace eventsgw
