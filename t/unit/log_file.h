// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"

#include <cstdio>
#include <memory>
#include <string>

#include <unistd.h>

namespace eventsgw::testing {

/// A log that a test can read.
class LogFile {
public:
    LogFile() : file_(std::tmpfile()), log_(::fileno(file_.get()), Log::Style::journal, LogLevel::debug) {}

    const Log& log() const { return log_; }

    /// How many lines hold `text`.
    int count(const std::string& text) const {
        std::string content(1U << 20U, '\0');
        content.resize(static_cast<std::size_t>(::pread(::fileno(file_.get()), content.data(), content.size(), 0)));
        int found = 0;
        for (std::size_t at = content.find(text); at != std::string::npos; at = content.find(text, at + 1)) {
            ++found;
        }
        return found;
    }

private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Closer> file_;
    Log log_;
};

} // namespace eventsgw::testing
