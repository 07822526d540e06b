#include "otherwise/study/new_run.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <system_error>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/version.h"
#include "otherwise/generate/chat_record.h"
#include "otherwise/model/chat.h"
#include "otherwise/model/system.h"
#include "otherwise/study/lists.h"

namespace otherwise {
namespace {

/// Hashes of files, each read once; those of models are known by the models.
class Hashes {
public:
    explicit Hashes(const Session& session) {
        hashes_[session.model().path().string()] = session.model().hash();
        for (const auto& world : session.worlds()) {
            hashes_[world.plan.model] = world.model->hash();
        }
    }

    [[nodiscard]] const std::string& of(const std::string& file) {
        auto found = hashes_.find(file);
        if (found == hashes_.end()) {
            found = hashes_.emplace(file, sha256_file(file)).first;
        }
        return found->second;
    }

private:
    std::map<std::string, std::string> hashes_;
};

/// Runs whose long prompts or observed texts were read by different kernels do not belong together,
/// nor those whose calls had different shapes.
std::string kernel_lines(const RunHead& head) {
    return std::string(head.tiled ? "attention = tiled\n" : "") +
           (head.tiled_texts ? "attention_texts = tiled\n" : "") +
           (head.fixed.any() ? "calls = " + to_text(head.fixed) + "\n" : "");
}

std::string tokens_hash(const Tokens& tokens) {
    return std::to_string(tokens.size()) + " tokens, sha256 " + sha256_text(write_list(tokens));
}

/// The strings of the floors of a role; none where there is no such floor.
std::vector<bool> floor_strings(const Session& session, WorldRole role) {
    for (std::size_t w = session.worlds().size(); w < session.world_names().size(); ++w) {
        if (session.role(w) == role) {
            return session.strings_of(w);
        }
    }
    return std::vector<bool>(session.subjects().size());
}

std::string factual_text(const Study& study) {
    std::string text;
    for (const auto& intervention : study.factual) {
        text += (text.empty() ? "" : ", ") + describe(intervention);
    }
    return text;
}

void add_worlds(const Study& study, const Session& session, RunHead& head) {
    for (const auto& world : study.worlds) {
        std::string description;
        for (const auto& intervention : world.interventions) {
            description += (description.empty() ? "" : ", ") + describe(intervention);
        }
        const auto nudge = session.nudge_of(head.worlds.size());
        head.worlds.push_back({.name = world.name,
                               .items = items_text(world.interventions),
                               .description = description,
                               .nudge = nudge ? session.world_names()[*nudge] : ""});
    }
    for (std::size_t w = head.worlds.size(); w < session.world_names().size(); ++w) {
        const bool null_world = session.role(w) == WorldRole::null;
        head.worlds.push_back(
            {.name = session.world_names()[w],
             .items = "",
             .description = null_world ? "the factual world" : "a change of no meaning",
             .role = session.role(w)});
    }
}

/// The study as a run keeps it, and the SHA-256 of its chat template, "" without chat.
std::pair<Study, std::string> kept_study(const Session& session, const Study& given) {
    Study study = given;
    study.model = session.model().path().string();
    std::string template_hash;
    if (study.chat) {
        const bool own = study.chat_template.empty();
        const auto source = own ? "" : read_chat_template(study.chat_template);
        template_hash = sha256_text(chat_source(session.model(), source).first);
        if (!own && !is_shipped_template(study.chat_template)) {
            study.chat_template = source;  // a run needs no file to go on
        }
    }
    return {std::move(study), std::move(template_hash)};
}

/// The files that the study reads, and the settings, in which hashes stand for them.
void add_files(const Study& study, const Session& session, RunHead& head) {
    Hashes hashes(session);
    auto by_hash = with_files(study, [&](const std::string& file) {
        std::error_code ignored;
        const auto bytes = std::filesystem::file_size(file, ignored);
        head.files.push_back({.path = file,
                              .sha256 = hashes.of(file),
                              .bytes = ignored ? 0 : static_cast<std::int64_t>(bytes)});
        return hashes.of(file);
    });
    if (study.chat) {
        by_hash.chat_template = "sha256 " + head.chat_template;
    }
    std::ranges::sort(head.files, {}, &StoredFile::path);
    head.files.erase(std::unique(head.files.begin(), head.files.end()), head.files.end());
    head.settings = settings_text(by_hash, strings_text(session.subjects()));
    if (!head.masked.empty()) {  // older runs masked them in one world only
        head.settings += "\n[masked]\ntokens = \"" + tokens_hash(head.masked) + "\"\n";
    }
}

void add_probes(const Session& session, RunHead& head) {
    head.repacked = session.repacked();
    head.least_rows = session.least_rows();
    head.fixed = session.fixed_calls();
    head.tiled = session.tiled();
    head.tiled_texts = session.tiled_texts();
    for (const auto& probe : session.probes()) {
        head.probes.push_back({.world = probe.world, .probe = probe.probe});
    }
    head.machine += kernel_lines(head);
}

void add_strings(const Session& session, RunHead& head) {
    const auto in_null = floor_strings(session, WorldRole::null);
    const auto in_nudge = floor_strings(session, WorldRole::nudge);
    for (std::size_t i = 0; i < session.subjects().size(); ++i) {
        head.strings.push_back({.subject = session.subjects()[i],
                                .prompt_length = session.prompt_length(static_cast<int>(i), -1),
                                .in_null = in_null[i],
                                .in_nudge = in_nudge[i]});
    }
}

}  // namespace

std::string strings_text(const std::vector<Subject>& subjects) {
    std::string text;
    for (const auto& subject : subjects) {
        const auto add = [&](const std::string& part) { text.append(part).push_back('\0'); };
        add(subject.id);
        add(subject.from_tokens ? write_list(subject.prompt_tokens) : subject.prompt);
        add(subject.from_tokens ? "tokens" : "text");
        if (!subject.messages.empty()) {
            add(chat_text(subject.messages));
        }
        if (!subject.donor.empty()) {
            add("donor: " + subject.donor);
        }
        add(subject.observed ? write_list(*subject.observed) : "sampled");
    }
    return std::to_string(subjects.size()) + " strings, sha256 " + sha256_text(text);
}

Machine this_machine(const Session& session, int threads) {
    return {.version = OTHERWISE_VERSION,
            .llama = OTHERWISE_LLAMA_VERSION,
            .backend = backend_devices(true),
            .features = processor_features(),
            .threads = threads,
            .parallel = session.estimate().memory.parallel};
}

RunHead head_of(const Session& session, const Study& given, const Machine& machine, Shard shard) {
    const auto [study, template_hash] = kept_study(session, given);
    RunHead head{
        .study = to_toml(study),
        .machine = machine_text(study, machine.llama, backend_devices(false), machine.features),
        .model = study.model,
        .model_name = session.model().name(),
        .model_sha256 = session.model().hash(),
        .quantization = session.model().quantization(),
        .smooth = !session.model().quantized(),
        .factual = factual_text(study),
        .seed = study.seed,
        .samples = study.samples,
        .tokens = study.tokens,
        .chat = study.chat,
        .chat_template = template_hash,
        .chat_date = study.chat_date.empty() ? study.chat_clock : study.chat_date,
        .independent = study.independent,
        .all_null = study.null_strings == FloorStrings::all,
        .all_nudge = study.nudge_strings == FloorStrings::all,
        .knows_nudges = true,
        .laws = study.laws,
        .masked = session.masked(),
        .targets = study.targets,
        .off_targets = study.off_targets,
        .shard = shard};
    add_files(study, session, head);
    add_worlds(study, session, head);
    add_probes(session, head);
    add_strings(session, head);
    return head;
}

std::optional<KnownProbes> known_probes(const RunHead& head, const Study& study) {
    const auto machine =
        machine_text(study, OTHERWISE_LLAMA_VERSION, backend_devices(false), processor_features()) +
        kernel_lines(head);
    if (head.least_rows == 0 || machine != head.machine) {
        return std::nullopt;
    }
    KnownProbes known{
        .repack = head.repacked, .least_rows = head.least_rows, .fixed = head.fixed, .probes = {}};
    for (const auto& [world, probe] : head.probes) {
        known.probes.push_back({.world = world, .probe = probe});
    }
    return known;
}

std::vector<InputString> input_strings(const RunHead& head) {
    std::vector<InputString> strings;
    for (const auto& stored : head.strings) {
        const Subject& subject = stored.subject;
        InputString string;
        string.id = subject.id;
        if (subject.from_tokens) {
            string.prompt_tokens = subject.prompt_tokens;
        } else if (!subject.messages.empty()) {
            string.messages = subject.messages;
        } else {
            string.prompt = subject.prompt;
        }
        string.donor = subject.donor;
        string.tokens = subject.observed;
        strings.push_back(std::move(string));
    }
    return strings;
}

std::string found_name(const std::string& name, const std::filesystem::path& run) {
    std::error_code ignored;
    if (name.empty() || std::filesystem::exists(name, ignored)) {
        return name;
    }
    const auto beside = run.parent_path() / name;  // of an absolute name the name itself
    return std::filesystem::exists(beside, ignored) ? beside.string() : name;
}

std::uint64_t least_run_bytes(long pairs, bool laws) {
    // Measured with strings of one token of one prompt: 46 to 56, with laws 94 to 163.
    constexpr std::uint64_t kPair = 40;
    constexpr std::uint64_t kLaw = 40;
    return static_cast<std::uint64_t>(pairs) * (kPair + (laws ? kLaw : 0));
}

Shard parse_shard(const std::string& text) {
    Shard shard;
    const char* end = text.data() + text.size();
    const auto index = std::from_chars(text.data(), end, shard.index);
    const bool slash = index.ec == std::errc() && index.ptr != end && *index.ptr == '/';
    const auto count = std::from_chars(slash ? index.ptr + 1 : end, end, shard.count);
    if (!slash || count.ec != std::errc() || count.ptr != end || shard.index < 1 ||
        shard.index > shard.count) {
        misuse({.where = "parse_shard",
                .expected = setting("shard", "I/N") + ", part I of N, as 1/4",
                .came = "'" + text + "'"});
    }
    return shard;
}

std::string moved_name(const std::string& name, const std::vector<std::string>& moved) {
    for (const auto& text : moved) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
            misuse({.where = "moved_name",
                    .expected = setting("moved", "OLD=NEW") + ", a file's old name and its new one",
                    .came = "'" + text + "'"});
        }
        if (text.substr(0, equals) == name) {
            return text.substr(equals + 1);
        }
    }
    return name;
}

}  // namespace otherwise
