// What an edit's adapter says of itself, so that it can be checked without anything else: method,
// settings, the model that it was made for, and its facts.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/fit/edit/facts.h"
#include "otherwise/fit/edit/knowledge_edit.h"
#include "otherwise/model/gguf_file.h"

namespace otherwise {

/// Metadata of the adapter: general.name, otherwise.version and otherwise.edit.{method, settings,
/// model.sha256, facts}. Hashes the corpus, where there is one.
[[nodiscard]] std::vector<std::pair<std::string, GgufValue>> adapter_metadata(
    const EditScene& scene, const std::vector<Fact>& facts, const EditSettings& settings);

/// What metadata of an adapter hold; empty where they do not.
struct AdapterOrigin {
    std::vector<Fact> facts;
    std::string model_sha256;
};

/// Throws Error: no GGUF; facts that are none.
[[nodiscard]] AdapterOrigin adapter_origin(const std::filesystem::path& adapter);

/// "rome", "memit"
[[nodiscard]] std::string_view method_name(EditMethod method);
[[nodiscard]] std::vector<std::string> edit_method_names();
/// Throws misuse for another name.
[[nodiscard]] EditMethod edit_method_of(std::string_view name);

/// "layer 3", "layers 3-7" or "layers 3,5,7"
[[nodiscard]] std::string layers_text(std::span<const int> layers);

}  // namespace otherwise
