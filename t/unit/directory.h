// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "testing.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

namespace eventsgw::testing {

/// A directory of a test's own, gone with it.
class Directory {
public:
    Directory() : path_(std::filesystem::canonical(std::filesystem::temp_directory_path()) / "eventsgw-test-XXXXXX") {
        CHECK(::mkdtemp(path_.data()));
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// A file with that content and mode, and the directories on the way to it.
    std::string write(const std::string& name, const std::string& content, mode_t mode = 0644) const {
        std::string file = *this / name;
        std::filesystem::create_directories(std::filesystem::path(file).parent_path());
        std::ofstream(file, std::ios::binary) << content;
        CHECK(::chmod(file.c_str(), mode) == 0);
        return file;
    }

private:
    std::string path_;
};

} // namespace eventsgw::testing
