// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/process_stat.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace eventsgw {
namespace {

std::optional<ProcessStat> read_stat(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string text;
    std::getline(file, text, '\0'); // throws nothing where read(2) fails because the process has just ended
    const std::size_t end_of_name = text.rfind(')'); // the name may hold anything
    if (end_of_name == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream fields(text.substr(end_of_name + 1));
    ProcessStat stat;
    std::istringstream(text) >> stat.pid;
    char state = 0;
    pid_t parent = 0;
    fields >> state >> parent >> stat.group >> stat.session;
    std::string skipped;
    for (int field = 7; field < 20; ++field) {
        fields >> skipped;
    }
    int threads = 0;
    fields >> threads >> skipped >> stat.start;
    if (!fields) {
        return std::nullopt;
    }
    // A process whose first thread has ended looks like a zombie while others run.
    stat.is_alive = (state != 'Z' && state != 'X') || threads > 1;
    return stat;
}

} // namespace

std::optional<ProcessStat> read_process_stat(pid_t pid) {
    return read_stat(std::to_string(pid));
}

void each_process(const std::function<void(const ProcessStat&)>& look) {
    std::error_code error;
    std::filesystem::directory_iterator entry("/proc", error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos) {
            if (const std::optional<ProcessStat> stat = read_stat(name)) {
                look(*stat);
            }
        }
    }
}

} // namespace eventsgw
