// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "store/format.h"

namespace eventsgw {

Result<std::int64_t> read_format(Database& database, std::int64_t newest) {
    // In this order: another process may make the tables, and give the format with them, between the two.
    const Result<std::optional<std::int64_t>> objects = database.ask("SELECT count(*) FROM sqlite_master");
    const Result<std::optional<std::int64_t>> format = database.ask("PRAGMA user_version");
    if (!format || !objects) {
        return format ? objects.error() : format.error();
    }
    const std::int64_t version = format->value_or(0);
    if (version > newest) {
        return Error{"made by a newer version of this program (format " + std::to_string(version) + ")",
                     Fault::damaged};
    }
    if (version == 0 && objects->value_or(0) > 0) {
        return Error{"another program's database", Fault::damaged};
    }
    return version;
}

Result<void> check_format(const std::string& path, std::int64_t newest, const char* vfs) {
    Result<Database> database = Database::open(path, Database::Mode::read, vfs);
    const Result<std::int64_t> format = database ? read_format(*database, newest) : database.error();
    const bool may_be_sound =
        format || format.error().fault == Fault::read_only || format.error().fault == Fault::denied;
    return may_be_sound ? Result<void>() : format.error();
}

} // namespace eventsgw
