// Reads the tables that head_tables.cpp writes, and those of older versions.
#include <algorithm>
#include <charconv>
#include <map>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/json_value.h"
#include "otherwise/base/text.h"
#include "otherwise/generate/chat_record.h"
#include "otherwise/study/head_tables.h"
#include "otherwise/study/lists.h"
#include "otherwise/study/schema.h"
#include "otherwise/study/sound_head.h"

namespace otherwise {
namespace {

/// The table `meta`.
class Meta {
public:
    explicit Meta(const Database& database) {
        auto statement = database.prepare("SELECT key, value FROM meta");
        while (statement.step()) {
            values_[std::string(statement.text(0))] = std::string(statement.text(1));
        }
    }

    [[nodiscard]] std::string text(const std::string& key) const {
        const auto found = values_.find(key);
        if (found == values_.end()) {
            fail({.where = "read_head",
                  .expected = "a whole run file",
                  .came = "one without '" + key + "' in its table meta"});
        }
        return found->second;
    }
    template <typename T>
    [[nodiscard]] T number(const std::string& key) const {
        const std::string value = text(key);
        T result{};
        const auto [end, fault] =
            std::from_chars(value.data(), value.data() + value.size(), result);
        if (fault != std::errc() || end != value.data() + value.size()) {
            fail({.where = "read_head",
                  .expected = "a number for '" + key + "' in the table meta",
                  .came = "'" + value + "'"});
        }
        return result;
    }
    [[nodiscard]] bool has(const std::string& key) const { return values_.contains(key); }
    [[nodiscard]] bool flag(const std::string& key) const { return text(key) == "1"; }

private:
    std::map<std::string, std::string> values_;
};

/// A list of texts.
std::vector<std::string> read_words(const Meta& meta, const std::string& key,
                                    const std::filesystem::path& file) {
    std::string text = meta.text(key);
    JsonTree tree;
    std::vector<std::string> list;
    const bool parsed = is_utf8(text) && !tree.parse(text.data(), text.size());
    bool sound = parsed && tree.root().is_array();
    auto entry = parsed ? tree.root().first() : JsonValue();
    for (; sound && entry; entry = entry.next()) {
        sound = entry.is_string();
        list.emplace_back(entry.text());
    }
    if (!sound) {
        unsound(file, "a list of texts for '" + key + "' in the table meta", "something else");
    }
    return list;
}

/// The number of a row, which has to be that of the rows before it.
void require_next(const Statement& rows, int column, std::size_t number, const char* table,
                  const std::filesystem::path& file) {
    if (rows.integer(column) != static_cast<std::int64_t>(number)) {
        unsound(file, "number " + std::to_string(number) + " next in the table " + table,
                std::to_string(rows.integer(column)));
    }
}

std::vector<StoredFile> read_files(const Database& database) {
    std::vector<StoredFile> files;
    auto rows = database.prepare("SELECT path, sha256, bytes FROM files ORDER BY path");
    while (rows.step()) {
        files.push_back({.path = std::string(rows.text(0)),
                         .sha256 = std::string(rows.text(1)),
                         .bytes = rows.integer(2)});
    }
    return files;
}

void read_worlds(const Database& database, RunHead& head) {
    auto rows = database.prepare("SELECT name, items, description, null_world, acted, " +
                                 column_or_null(database, "worlds", "nudge") +
                                 ", world FROM worlds ORDER BY world");
    while (rows.step()) {
        require_next(rows, 6, head.worlds.size(), "worlds", database.path());
        head.worlds.push_back({.name = std::string(rows.text(0)),
                               .items = std::string(rows.text(1)),
                               .description = std::string(rows.text(2)),
                               .role = static_cast<WorldRole>(rows.whole(3)),
                               .nudge = std::string(rows.text(5)),
                               .acted = rows.integer(4) != 0});
    }
    auto probes = database.prepare("SELECT world, invariant, worst, shape FROM probes");
    while (probes.step()) {
        head.probes.push_back({.world = std::string(probes.text(0)),
                               .probe = {.invariant = probes.integer(1) != 0,
                                         .worst = probes.real(2),
                                         .shape = std::string(probes.text(3))}});
    }
}

void require_turns(const std::vector<ChatMessage>& messages, const std::filesystem::path& file) {
    const auto nobodys = [](const ChatMessage& message) { return message.role.empty(); };
    if (messages.empty() || std::ranges::any_of(messages, nobodys)) {
        unsound(file, "turns as messages in the table strings", "none");
    }
}

std::vector<StoredString> read_strings_table(const Database& database) {
    std::vector<StoredString> strings;
    auto rows = database.prepare(
        "SELECT id, prompt, prompt_tokens, prompt_length, observed, in_null, state, " +
        column_or_null(database, "strings", "in_nudge") + ", " +
        column_or_null(database, "strings", "messages") + ", " +
        column_or_null(database, "strings", "donor") + ", string FROM strings ORDER BY string");
    while (rows.step()) {
        require_next(rows, 10, strings.size(), "strings", database.path());
        StoredString string;
        string.subject.id = rows.text(0);
        string.subject.noise = hash64(string.subject.id);
        string.subject.prompt = rows.text(1);
        string.subject.from_tokens = !rows.is_null(2);
        if (string.subject.from_tokens) {
            string.subject.prompt_tokens = read_token_list(rows.text(2));
        }
        string.prompt_length = rows.whole(3);
        if (!rows.is_null(4)) {
            string.subject.observed = read_token_list(rows.text(4));
        }
        string.in_null = rows.integer(5) != 0;
        string.state = static_cast<StringState>(rows.whole(6));
        string.in_nudge = !rows.is_null(7) && rows.whole(7) != 0;
        if (!rows.is_null(8)) {
            string.subject.messages = read_chat_text(rows.text(8));
            require_turns(string.subject.messages, database.path());
        }
        string.subject.donor = rows.is_null(9) ? "" : rows.text(9);
        strings.push_back(std::move(string));
    }
    return strings;
}

RunHead unchecked_facts(const Database& database) {
    const Meta meta(database);
    RunHead head{.study = meta.text("study"),
                 .settings = meta.text("settings"),
                 .machine = meta.text("machine"),
                 .created = meta.text("created"),
                 .model = meta.text("model"),
                 .model_name = meta.text("model_name"),
                 .model_sha256 = meta.text("model_sha256"),
                 .quantization = meta.text("quantization"),
                 .smooth = meta.has("smooth") && meta.flag("smooth"),
                 .factual = meta.text("factual"),
                 .seed = meta.number<std::uint64_t>("seed"),
                 .samples = meta.number<int>("samples"),
                 .tokens = meta.number<int>("tokens"),
                 .chat = meta.flag("chat"),
                 .chat_template = meta.has("chat_template") ? meta.text("chat_template") : "",
                 .chat_date = meta.has("chat_date") ? meta.text("chat_date") : "",
                 .independent = meta.flag("independent"),
                 .all_null = meta.flag("all_null"),
                 .all_nudge = meta.has("all_nudge") && meta.flag("all_nudge"),
                 .knows_nudges = meta.has("all_nudge"),
                 .laws = meta.flag("laws"),
                 .masked = meta.has("masked") ? read_token_list(meta.text("masked")) : Tokens{},
                 .targets = read_words(meta, "targets", database.path()),
                 .off_targets = read_words(meta, "off_targets", database.path()),
                 .shard = {.index = meta.number<int>("shard"), .count = meta.number<int>("shards")},
                 .files = read_files(database),
                 .worlds = {},
                 .probes = {},
                 .strings = {}};
    if (meta.has("least_rows")) {  // else of a version that probed each time
        head.repacked = meta.flag("repacked");
        head.least_rows = meta.number<int>("least_rows");
        head.fixed = parse_fixed_calls(meta.has("calls") ? meta.text("calls") : "");
        head.tiled = meta.has("tiled") && meta.flag("tiled");
        head.tiled_texts = meta.has("tiled_texts") && meta.flag("tiled_texts");
    }
    read_worlds(database, head);
    return head;
}

}  // namespace

RunHead read_facts(const Database& database) {
    RunHead head = unchecked_facts(database);
    require_sound(head, database.path());
    return head;
}

RunHead read_head(const Database& database) {
    RunHead head = unchecked_facts(database);
    head.strings = read_strings_table(database);
    require_sound(head, database.path());
    return head;
}

bool is_finished(const Database& database, const RunHead& head) {
    for (std::size_t i = 0; i < head.strings.size(); ++i) {
        if (head.shard.has(i) && head.strings[i].state == StringState::waiting) {
            return false;
        }
    }
    const auto* waiting = "SELECT 1 FROM draws WHERE law = 0 AND (observed = 0 OR sample = 0)";
    return !head.laws || !database.number(waiting);
}

}  // namespace otherwise
