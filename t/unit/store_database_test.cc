// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "store/database.h"

#include "directory.h"
#include "failing_disk.h"
#include "store/set_aside.h"
#include "testing.h"

#include <filesystem>
#include <string>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace store_database_test {

using namespace std::string_literals;

Database open(const std::string& path, Database::Mode mode = Database::Mode::create) {
    Result<Database> database = Database::open(path, mode);
    if (!database) {
        report(__FILE__, __LINE__, database.error().message);
    }
    return std::move(*database);
}

Database make_table(const std::string& path) {
    Database database = open(path);
    CHECK(database.execute("CREATE TABLE t (number INTEGER PRIMARY KEY, bytes BLOB)").ok());
    return database;
}

std::int64_t count_rows(Database& database) {
    return database.ask("SELECT count(*) FROM t").value().value();
}

Fault fault_of(const Result<void>& result) {
    CHECK(!result);
    return result.error().fault;
}

/// The fault of the first attempt to read.
Fault fault_of_reading(const std::string& path) {
    Result<Database> database = Database::open(path, Database::Mode::write);
    return database ? fault_of(database->execute("SELECT count(*) FROM sqlite_master")) : database.error().fault;
}

void bytes_come_back_as_they_are() {
    const Directory directory;
    Database database = make_table(directory / "db");
    const std::string bytes = "a\0b\xff\n"s;
    for (const std::string& value : {bytes, ""s}) {
        CHECK(database.execute("DELETE FROM t").ok());
        Statement insert = database.prepare("INSERT INTO t VALUES (?, ?)").value();
        CHECK(insert.bind(0, std::int64_t{-5}).bind(1, value).run().ok());
        Statement query = database.prepare("SELECT number, bytes FROM t").value();
        CHECK(query.step().value());
        CHECK_EQUAL(query.number(0), std::int64_t{-5});
        CHECK_EQUAL(query.bytes(1), std::string_view(value));
        CHECK(!query.is_null(1));
        CHECK(!query.step().value());
    }
}

void nothing_is_null() {
    const Directory directory;
    Database database = make_table(directory / "db");
    Statement insert = database.prepare("INSERT INTO t VALUES (?, ?)").value();
    CHECK(insert.bind(0, std::int64_t{1}).bind_optional(1, std::nullopt).run().ok());
    CHECK(insert.bind(0, std::int64_t{2}).bind_optional(1, "x").run().ok());
    Statement query = database.prepare("SELECT bytes FROM t ORDER BY number").value();
    CHECK(query.step().value());
    CHECK(query.is_null(0));
    CHECK(query.step().value());
    CHECK_EQUAL(query.bytes(0), std::string_view("x"));
}

void a_query_without_a_row_answers_nothing() {
    const Directory directory;
    Database database = make_table(directory / "db");
    CHECK(!database.ask("SELECT number FROM t").value());
    CHECK_EQUAL(count_rows(database), std::int64_t{0});
}

void what_is_not_committed_is_taken_back() {
    const Directory directory;
    Database database = make_table(directory / "db");
    {
        Transaction transaction(database);
        CHECK(transaction.begin().ok());
        CHECK(database.execute("INSERT INTO t VALUES (1, NULL)").ok());
        CHECK(transaction.commit().ok());
    }
    {
        Transaction transaction(database);
        CHECK(transaction.begin().ok());
        CHECK(database.execute("INSERT INTO t VALUES (2, NULL)").ok());
    }
    CHECK_EQUAL(count_rows(database), std::int64_t{1});
    CHECK_EQUAL(count_rows(database), std::int64_t{1});
}

void a_reader_sees_what_is_committed_and_changes_nothing() {
    const Directory directory;
    Database database = make_table(directory / "db");
    Database reader = open(directory / "db", Database::Mode::read);
    CHECK(database.execute("INSERT INTO t VALUES (1, NULL)").ok());
    CHECK_EQUAL(count_rows(reader), std::int64_t{1});
    CHECK(fault_of(reader.execute("DELETE FROM t")) == Fault::read_only);
    CHECK_EQUAL(count_rows(database), std::int64_t{1});
}

void faults_are_told_apart() {
    const Directory directory;
    CHECK(fault_of_reading(directory.write("garbage", std::string(5000, 'g'))) == Fault::damaged);
    CHECK(fault_of_reading(directory / "no such directory/db") == Fault::absent);
    CHECK(!Database::open(directory / "none", Database::Mode::write));
    CHECK(!std::filesystem::exists(directory / "none"));

    const FailingDisk disk;
    Database database = make_table(directory / "db");
    CHECK(fault_of(database.execute("SELECT * FROM other")) == Fault::damaged);
    for (const auto& [code, fault] :
         {std::pair(SQLITE_FULL, Fault::disk_full), std::pair(SQLITE_READONLY, Fault::read_only),
          std::pair(SQLITE_IOERR_FSYNC, Fault::other)}) {
        FailingDisk::code = code;
        CHECK(fault_of(database.execute("INSERT INTO t VALUES (1, NULL)")) == fault);
        FailingDisk::code = SQLITE_OK;
    }
    CHECK_EQUAL(count_rows(database), std::int64_t{0});
}

/// No system call fails here: errno still holds ENOENT from an earlier one.
void a_log_that_ends_too_early_is_not_absent() {
    const Directory directory;
    Database database = make_table(directory / "db");
    CHECK(database.execute("INSERT INTO t VALUES (1, NULL)").ok());
    std::filesystem::resize_file(directory / "db-wal", 32);
    const Result<Database> reader = Database::open(directory / "db", Database::Mode::write);
    CHECK(!reader);
    CHECK(reader.error().fault == Fault::other);
    CHECK_EQUAL(reader.error().message, "disk I/O error"s);
}

void a_checkpoint_gives_the_room_of_the_log_back() {
    const Directory directory;
    Database database = make_table(directory / "db");
    CHECK(database.execute("INSERT INTO t VALUES (1, zeroblob(1000000))").ok());
    CHECK(std::filesystem::file_size(directory / "db-wal") > 1000000);
    CHECK(database.checkpoint(true).value());
    CHECK_EQUAL(std::filesystem::file_size(directory / "db-wal"), std::uintmax_t{0});
    CHECK(std::filesystem::file_size(directory / "db") > 1000000);
}

void what_is_set_aside_takes_its_files_along_and_overwrites_nothing() {
    const Directory directory;
    std::string former;
    for (const std::string content : {"first", "second"}) {
        const std::string path = directory.write("db", content);
        directory.write("db-wal", content);
        const std::string name = set_database_aside(path).value();
        CHECK(name != former);
        CHECK(name.starts_with(path + ".2"));
        CHECK_EQUAL(std::filesystem::file_size(name), content.size());
        CHECK_EQUAL(std::filesystem::file_size(name + "-wal"), content.size());
        CHECK(!std::filesystem::exists(path));
        CHECK(!std::filesystem::exists(path + "-wal"));
        former = name;
    }
    CHECK(std::filesystem::exists(former));
}

const TestGroup group{
    TEST(bytes_come_back_as_they_are),
    TEST(nothing_is_null),
    TEST(a_query_without_a_row_answers_nothing),
    TEST(what_is_not_committed_is_taken_back),
    TEST(a_reader_sees_what_is_committed_and_changes_nothing),
    TEST(faults_are_told_apart),
    TEST(a_log_that_ends_too_early_is_not_absent),
    TEST(a_checkpoint_gives_the_room_of_the_log_back),
    TEST(what_is_set_aside_takes_its_files_along_and_overwrites_nothing),
};

} // namespace store_database_test
