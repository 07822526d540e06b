#include "otherwise/study/database.h"

#include <sqlite3.h>

#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr int kPatience = 2000;  // milliseconds for another process to finish its transaction

/// "file:" URI of a path, for options that only URIs take.
std::string uri_of(const std::filesystem::path& path, bool immutable) {
    std::string uri = path.is_absolute() ? "file://" : "file:";
    for (const char c : path.string()) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        if (c == '%' || c == '?' || c == '#') {
            uri += '%';
            uri += digits[byte >> 4U];
            uri += digits[byte & 15U];
        } else {
            uri += c;
        }
    }
    return uri + (immutable ? "?immutable=1" : "");
}

/// Throws Error where results wait in a WAL that a reader without rights could only ignore.
void require_empty_wal(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::path wal = path.string() + "-wal";
    const auto bytes = std::filesystem::file_size(wal, error);
    if (!error && bytes > 0) {
        fail({.where = "Database",
              .expected = "to read '" + path.string() + "'",
              .came =
                  "results that wait in '" + wal.string() + "', in a folder that you may not write",
              .advice = "copy both to a folder you can write"});
    }
}

void require_file(const std::filesystem::path& path, OpenMode mode) {
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (mode == OpenMode::create) {
        if (std::filesystem::exists(status)) {
            fail({.where = "Database",
                  .expected = "a new file for the run",
                  .came = "'" + path.string() + "', which is there already",
                  .advice = "go on with it by " + setting("resume") + ", or choose another name"});
        }
        return;
    }
    if (!std::filesystem::exists(status)) {
        fail({.where = "Database",
              .expected = "a run file",
              .came = "no such file, '" + path.string() + "'"});
    }
    if (std::filesystem::is_directory(status)) {
        fail({.where = "Database",
              .expected = "a run file",
              .came = "a folder, '" + path.string() + "'"});
    }
}

}  // namespace

void Statement::Deleter::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(const Database& database, sqlite3_stmt* statement)
    : database_(&database), statement_(statement) {}

void Statement::check(int code, const char* doing) const {
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
        database_->refuse(code, doing);
    }
}

void Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), index + 1, value), "to write");
}

void Statement::bind(int index, double value) {
    if (!std::isfinite(value)) {
        bind_null(index);
        return;
    }
    check(sqlite3_bind_double(statement_.get(), index + 1, value), "to write");
}

void Statement::bind(int index, std::string_view text) {
    check(sqlite3_bind_text64(statement_.get(), index + 1, text.data(), text.size(),
                              SQLITE_TRANSIENT, SQLITE_UTF8),
          "to write");
}

void Statement::bind_blob(int index, std::string_view bytes) {
    check(sqlite3_bind_blob64(statement_.get(), index + 1, bytes.data(), bytes.size(),
                              SQLITE_TRANSIENT),
          "to write");
}

void Statement::bind_null(int index) {
    check(sqlite3_bind_null(statement_.get(), index + 1), "to write");
}

bool Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        const bool reads = sqlite3_stmt_readonly(statement_.get()) != 0;
        sqlite3_reset(statement_.get());  // or it would keep its transaction from rolling back
        check(code, reads ? "to read" : "to write");
    }
    return code == SQLITE_ROW;
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

void Statement::reset() {
    sqlite3_reset(statement_.get());  // repeats the error that step has thrown already
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

int Statement::whole(int column) const {
    const std::int64_t value = integer(column);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
        fail({.where = "Database",
              .expected = "smaller numbers in '" + database_->path().string() + "'",
              .came = std::to_string(value)});
    }
    return static_cast<int>(value);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string_view Statement::text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return bytes == nullptr ? std::string_view{}
                            : std::string_view(bytes, static_cast<std::size_t>(size));
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Deleter::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::Database(std::filesystem::path path, OpenMode mode)
    : Database(std::move(path), mode, {}) {}

Database::Database(std::filesystem::path path, OpenMode mode, std::filesystem::path target)
    : path_(std::move(path)), target_(std::move(target)) {
    require_file(path_, mode);
    if (mode == OpenMode::read) {
        open_to_read();
    } else {
        open_to_write(mode);
    }
}

void Database::open_to_read() {
    // Whoever closes last takes the files of the WAL away, if it may write.
    open(SQLITE_OPEN_READWRITE);
    // A file in WAL mode in a folder that cannot be written has no room for its index.
    const int code =
        sqlite3_exec(handle_.get(), "PRAGMA schema_version", nullptr, nullptr, nullptr);
    if (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) {
        require_empty_wal(path_);
        open(SQLITE_OPEN_READONLY, true);
    }
    sqlite3_exec(handle_.get(), "PRAGMA query_only = ON", nullptr, nullptr, nullptr);
}

void Database::open_to_write(OpenMode mode) {
    open(SQLITE_OPEN_READWRITE | (mode == OpenMode::create ? SQLITE_OPEN_CREATE : 0));
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = NORMAL");
    run("PRAGMA foreign_keys = ON");
}

void Database::open(int flags, bool immutable) {
    uri_ = uri_of(path_, immutable);
    sqlite3* raw = nullptr;
    const int code =
        sqlite3_open_v2(uri_.c_str(), &raw, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(raw);
    if (code != SQLITE_OK) {
        refuse(code, "to open");
    }
    sqlite3_extended_result_codes(raw, 0);
    sqlite3_busy_timeout(raw, kPatience);
    // What a file says of itself is a stranger's: it runs no code, and leaves SQLite's own tables.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

void Database::refuse(int code, const char* doing) const {
    const std::string name = "'" + (target_.empty() ? path_ : target_).string() + "'";
    std::string why = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
        fail({.where = "Database",
              .expected = "a run file of otherwise",
              .came = name + ": " + why,
              .advice = "run files are made by `otherwise run -o`"});
    }
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        fail({.where = "Database",
              .expected = std::string(doing) + " " + name,
              .came = "a file that another process has locked",
              .advice = "wait until that process is done"});
    }
    const int system = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
    if (code != SQLITE_FULL && system != 0) {
        why += " (" + std::generic_category().message(system) + ")";
    }
    const bool writes = code == SQLITE_FULL || code == SQLITE_IOERR;
    const std::string advice =
        target_.empty()
            ? "all finished results in it are whole; make room, then " + setting("resume")
            : "make room and run again; there is no such file yet";
    fail({.where = "Database",
          .expected = std::string(doing) + " " + name,
          .came = "'" + why + "'",
          .advice = writes ? advice : ""});
}

void Database::run(const std::string& sql) {
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        refuse(code, "to write");
    }
}

void Database::attach(const Database& other, const std::string& name) const {
    auto statement = prepare("ATTACH ? AS " + name);
    statement.bind(0, std::string_view(other.uri_));
    statement.run();
}

void Database::settle() {
    const int code =
        sqlite3_exec(handle_.get(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED) {
        refuse(code, "to write");
    }
}

Statement Database::prepare(std::string_view sql) const {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) {
        refuse(code, "to read");
    }
    return {*this, raw};
}

std::optional<std::int64_t> Database::number(std::string_view sql) const {
    auto statement = prepare(sql);
    if (!statement.step() || statement.is_null(0)) {
        return std::nullopt;
    }
    return statement.integer(0);
}

std::vector<std::filesystem::path> companions(const std::filesystem::path& path) {
    return {path.string() + "-wal", path.string() + "-shm", path.string() + "-journal"};
}

Transaction::Transaction(Database& database) : database_(database) {
    database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (open_) {
        // SQLite may have rolled back by itself, as on a full disk; then this does nothing.
        sqlite3_exec(database_.handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void Transaction::commit() {
    database_.run("COMMIT");
    open_ = false;
}

}  // namespace otherwise
