#include "otherwise/study/head_tables.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "otherwise/generate/chat_record.h"
#include "otherwise/study/lists.h"

namespace otherwise {
namespace {

std::string words(const std::vector<std::string>& list) {
    return nlohmann::json(list).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string flag(bool value) { return value ? "1" : "0"; }

void write_meta(Database& database, const RunHead& head) {
    auto insert = database.prepare("INSERT INTO meta VALUES (?, ?)");
    const std::pair<const char*, std::string> entries[] = {
        {"study", head.study},
        {"settings", head.settings},
        {"machine", head.machine},
        {"model", head.model},
        {"model_name", head.model_name},
        {"model_sha256", head.model_sha256},
        {"quantization", head.quantization},
        {"factual", head.factual},
        {"seed", std::to_string(head.seed)},
        {"samples", std::to_string(head.samples)},
        {"tokens", std::to_string(head.tokens)},
        {"chat", flag(head.chat)},
        {"chat_template", head.chat_template},
        {"chat_date", head.chat_date},
        {"independent", flag(head.independent)},
        {"all_null", flag(head.all_null)},
        {"all_nudge", flag(head.all_nudge)},
        {"smooth", flag(head.smooth)},
        {"laws", flag(head.laws)},
        {"masked", write_list(head.masked)},
        {"targets", words(head.targets)},
        {"off_targets", words(head.off_targets)},
        {"shard", std::to_string(head.shard.index)},
        {"shards", std::to_string(head.shard.count)},
        {"repacked", flag(head.repacked)},
        {"least_rows", std::to_string(head.least_rows)},
        {"calls", to_text(head.fixed)},
        {"tiled", flag(head.tiled)},
        {"tiled_texts", flag(head.tiled_texts)},
    };
    for (const auto& [key, value] : entries) {
        insert.bind(0, std::string_view(key));
        insert.bind(1, std::string_view(value));
        insert.run();
    }
}

void write_files(Database& database, const std::vector<StoredFile>& files) {
    auto insert = database.prepare("INSERT OR REPLACE INTO files VALUES (?, ?, ?)");
    for (const auto& file : files) {
        insert.bind(0, std::string_view(file.path));
        insert.bind(1, std::string_view(file.sha256));
        insert.bind(2, file.bytes);
        insert.run();
    }
}

void write_worlds(Database& database, const RunHead& head) {
    auto insert = database.prepare("INSERT INTO worlds VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (std::size_t i = 0; i < head.worlds.size(); ++i) {
        const auto& world = head.worlds[i];
        insert.bind(0, static_cast<std::int64_t>(i));
        insert.bind(1, std::string_view(world.name));
        insert.bind(2, std::string_view(world.items));
        insert.bind(3, std::string_view(world.description));
        insert.bind(4, static_cast<int>(world.role));
        insert.bind(5, world.acted ? 1 : 0);
        insert.bind(6, std::string_view(world.nudge));
        insert.run();
    }
    auto probe = database.prepare("INSERT INTO probes VALUES (?, ?, ?, ?)");
    for (const auto& entry : head.probes) {
        probe.bind(0, std::string_view(entry.world));
        probe.bind(1, entry.probe.invariant ? 1 : 0);
        probe.bind(2, entry.probe.worst);
        probe.bind(3, std::string_view(entry.probe.shape));
        probe.run();
    }
}

void bind_tokens(Statement& statement, int index, const std::optional<Tokens>& tokens) {
    if (tokens) {
        statement.bind(index, std::string_view(write_list(*tokens)));
    } else {
        statement.bind_null(index);
    }
}

void write_strings(Database& database, const std::vector<StoredString>& strings) {
    auto insert = database.prepare("INSERT INTO strings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (std::size_t i = 0; i < strings.size(); ++i) {
        const auto& string = strings[i];
        const auto& subject = string.subject;
        insert.bind(0, static_cast<std::int64_t>(i));
        insert.bind(1, std::string_view(subject.id));
        insert.bind(2, std::string_view(subject.prompt));
        bind_tokens(insert, 3,
                    subject.from_tokens ? std::optional(subject.prompt_tokens) : std::nullopt);
        insert.bind(4, string.prompt_length);
        bind_tokens(insert, 5, subject.observed);
        insert.bind(6, string.in_null ? 1 : 0);
        insert.bind(7, static_cast<int>(string.state));
        insert.bind(8, string.in_nudge ? 1 : 0);
        if (subject.messages.empty()) {
            insert.bind_null(9);
        } else {
            insert.bind(9, std::string_view(chat_text(subject.messages)));
        }
        if (subject.donor.empty()) {
            insert.bind_null(10);
        } else {
            insert.bind(10, std::string_view(subject.donor));
        }
        insert.run();
    }
}

}  // namespace

void write_head(Database& database, const RunHead& head) {
    write_meta(database, head);
    write_files(database, head.files);
    write_worlds(database, head);
    write_strings(database, head.strings);
}

void rename_files(Database& database, const RunHead& head) {
    auto update = database.prepare("UPDATE meta SET value = ? WHERE key = ?");
    const std::pair<const char*, const std::string*> entries[] = {{"model", &head.model},
                                                                  {"study", &head.study}};
    for (const auto& [key, value] : entries) {
        update.bind(0, std::string_view(*value));
        update.bind(1, std::string_view(key));
        update.run();
    }
    database.run("DELETE FROM files");
    write_files(database, head.files);
    auto items = database.prepare("UPDATE worlds SET items = ?, description = ? WHERE name = ?");
    for (const auto& world : head.worlds) {
        items.bind(0, std::string_view(world.items));
        items.bind(1, std::string_view(world.description));
        items.bind(2, std::string_view(world.name));
        items.run();
    }
}

}  // namespace otherwise
