// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/progress_bar.h"

#include "base/text.h"

#include <cstddef>

namespace eventsgw {
namespace {

constexpr std::size_t kWidth = 40;
constexpr const char* kWipe = "\r\x1b[K";

std::string draw(const TaskProgress& progress) {
    const auto percent = static_cast<std::size_t>(progress.percent);
    const std::size_t filled = percent * kWidth / 100;
    std::string number = std::to_string(percent);
    number.insert(0, 3 - number.size(), ' ');
    return "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " + number + "% " +
           (progress.status.empty() ? "waiting for the agent" : escape(shorten(progress.status, 20)));
}

} // namespace

void ProgressBar::show(const TaskProgress& progress) {
    const std::string line = draw(progress);
    if (is_terminal_ && line != shown_) {
        out_ << kWipe << line << std::flush;
        shown_ = line;
    }
}

void ProgressBar::wipe() {
    if (!shown_.empty()) {
        out_ << kWipe << std::flush;
        shown_.clear();
    }
}

} // namespace eventsgw
