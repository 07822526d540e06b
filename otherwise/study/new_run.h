// What a run file says at its start, from an opened session.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "otherwise/generate/session.h"
#include "otherwise/study/run_head.h"
#include "otherwise/study/study.h"

namespace otherwise {

/// This program on this machine.
[[nodiscard]] Machine this_machine(const Session& session, int threads);

/// The head of a run of `given`, which the session was opened for. Hashes the files: about 2 s per
/// GB. The study's model is named.
[[nodiscard]] RunHead head_of(const Session& session, const Study& given, const Machine& machine,
                              Shard shard);

/// The probes of the run, where this machine is the one that the study was run on.
[[nodiscard]] std::optional<KnownProbes> known_probes(const RunHead& head, const Study& study);

/// How many strings, and a hash of all that they say: what stands for them in the settings.
[[nodiscard]] std::string strings_text(const std::vector<Subject>& subjects);

/// The stored strings as a session takes them; they need no splitting.
[[nodiscard]] std::vector<InputString> input_strings(const RunHead& head);

/// Where a file of the run lies: as it is named, from the working directory; else, if it is there,
/// from the folder of the run.
[[nodiscard]] std::string found_name(const std::string& name, const std::filesystem::path& run);

/// What a file of so many pairs takes at least, however short their strings are.
[[nodiscard]] std::uint64_t least_run_bytes(long pairs, bool laws);

/// "i/n"; throws misuse unless 1 ≤ i ≤ n.
[[nodiscard]] Shard parse_shard(const std::string& text);

/// A file's name after `moved`, "OLD=NEW" each. Throws misuse for a text without '='.
[[nodiscard]] std::string moved_name(const std::string& name,
                                     const std::vector<std::string>& moved);

}  // namespace otherwise
