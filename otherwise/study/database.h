// SQLite behind RAII: a connection, prepared statements, and transactions that roll back.
//
// Files are in WAL mode: whoever reads sees the last finished transaction, also while a run writes,
// and a process that is killed loses at most the transaction it was in. `synchronous` is NORMAL:
// the disk is waited for at checkpoints only, so a power cut can lose the last transactions, never
// tear the file.
//
// Every failure is an Error that names the file: locked by another process, no SQLite file, a full
// disk. Not thread safe.
//
// Who reads needs no right to write, neither to the file nor to its folder: a file in WAL mode is
// then read without its index, which is right where nothing waits in its WAL and refused where
// something does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace otherwise {

class Database;

/// One prepared statement. Parameters and columns count from 0.
class Statement {
public:
    void bind(int index, std::int64_t value);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, double value);  ///< NaN and infinities are stored as NULL
    void bind(int index, std::string_view text);
    void bind_blob(int index, std::string_view bytes);
    void bind_null(int index);

    /// Goes to the next row; false after the last one.
    [[nodiscard]] bool step();
    /// Runs it to its end and makes it ready for other values.
    void run();
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    /// Throws Error where it does not fit.
    [[nodiscard]] int whole(int column) const;
    [[nodiscard]] double real(int column) const;
    /// Bytes of a text or blob; valid until the next step.
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    friend class Database;
    struct Deleter {
        void operator()(sqlite3_stmt* statement) const;
    };
    Statement(const Database& database, sqlite3_stmt* statement);
    void check(int code, const char* doing) const;

    const Database* database_;
    std::unique_ptr<sqlite3_stmt, Deleter> statement_;
};

enum class OpenMode {
    read,    ///< an existing file, never written
    write,   ///< an existing file
    create,  ///< a new file; an existing one is an error
};

class Database {
public:
    /// Throws Error: no such file, one that is there already, no SQLite file.
    Database(std::filesystem::path path, OpenMode mode);
    /// A file that has a temporary name still: errors call it `target`, and advise to start again.
    Database(std::filesystem::path path, OpenMode mode, std::filesystem::path target);
    ~Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Runs statements without parameters or rows.
    void run(const std::string& sql);
    /// Makes the tables of an open file those of a schema `name` here, opened as it is there.
    void attach(const Database& other, const std::string& name) const;
    /// Back to one file without a WAL, for a file that is finished. Left as it is while others
    /// read. Throws Error where the disk does not take what waits in the WAL, which stays.
    void settle();
    [[nodiscard]] Statement prepare(std::string_view sql) const;
    /// The first column of the first row; nothing where there is none or it is NULL.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view sql) const;

private:
    friend class Statement;
    friend class Transaction;
    struct Deleter {
        void operator()(sqlite3* handle) const;
    };
    void open(int flags, bool immutable = false);
    void open_to_read();
    void open_to_write(OpenMode mode);
    [[noreturn]] void refuse(int code, const char* doing) const;

    std::filesystem::path path_;
    std::filesystem::path target_;  // "" where the path is the name to stay
    std::string uri_;
    std::unique_ptr<sqlite3, Deleter> handle_;
};

/// The files that SQLite keeps beside a database: its WAL, the index of that, a rollback journal.
[[nodiscard]] std::vector<std::filesystem::path> companions(const std::filesystem::path& path);

/// All or nothing: what was written since is taken back unless it was committed.
class Transaction {
public:
    /// Takes the right to write at once. Throws Error where another process has it.
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

private:
    Database& database_;
    bool open_ = true;
};

}  // namespace otherwise
