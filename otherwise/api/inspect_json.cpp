// to_json of inspect.h.
#include <nlohmann/json.hpp>

#include "otherwise/api/inspect.h"
#include "otherwise/api/json_text.h"
#include "otherwise/base/setting.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

/// Which day the chat template shows.
std::string date_word(const ChatFacts& chat) {
    if (chat.reads_clock) {
        return "today";
    }
    return chat.takes_date ? "own" : "none";
}

Json numbers_json(const Inspection& i) {
    return {{"kind", kind_name(FileKind::model)},
            {"path", i.path},
            {"name", i.name},
            {"architecture", i.architecture},
            {"quantization", i.quantization},
            {"sha256", i.hash},
            {"parameters", i.n_params},
            {"bytes", i.size_bytes},
            {"layers", i.n_layer},
            {"width", i.n_embd},
            {"heads", i.n_head},
            {"heads_kv", i.n_head_kv},
            {"context", i.n_ctx_train},
            {"sliding_window", i.sliding_window},
            {"recurrent", i.recurrent},
            {"vocabulary", i.n_vocab},
            {"end_tokens", i.ends},
            {"bos", i.bos},
            {"chat_template", i.chat_template.value_or("")},
            {"chat_works", i.chat.has_value()}};
}

void add_chat(Json& json, const Inspection& i) {
    if (i.chat) {
        json["chat"] = {
            {"sha256", i.chat->hash},           {"system", i.chat->abilities.system},
            {"tools", i.chat->abilities.tools}, {"reasoning", i.chat->abilities.reasoning},
            {"date", date_word(*i.chat)},       {"turn_end", i.chat->turn_end},
            {"example", i.chat->question}};
    } else if (i.chat_template) {
        json["chat_problem"] = plain_settings(i.chat_problem);
    }
}

Json model_json(const ModelFacts& model) {
    Json json = numbers_json(model.inspection);
    json["batch_invariant"] = model.invariance.probe.invariant;
    if (model.invariance.remedy.fixed.any()) {
        json["calls"] = to_text(model.invariance.remedy.fixed);
    }
    json["least_rows"] = model.invariance.remedy.least_rows;
    json["needs_no_repacking"] = !model.invariance.remedy.repack;
    add_chat(json, model.inspection);
    json["cpu_variant"] = model.cpu_variant;
    json["cpu_features"] = model.cpu_features;
    json["sites"] = Json::array();
    for (const auto& site : model.inspection.sites) {
        json["sites"].push_back({{"node", site.node},
                                 {"meaning", site.meaning},
                                 {"layers", site.layers},
                                 {"width", site.width}});
    }
    return json;
}

Json tensors_json(const FileDescription& d) {
    Json list = Json::array();
    for (const auto& tensor : d.tensors) {
        list.push_back({{"name", tensor.name},
                        {"layer", tensor.layer},
                        {"rank", tensor.rank},
                        {"shape", tensor.shape}});
        if (!tensor.form.empty()) {
            list.back()["form"] = tensor.form;
        }
    }
    return list;
}

Json adapter_json(const FileDescription& d) {
    Json json{{"kind", kind_name(d.kind)},
              {"path", d.path},
              {"architecture", d.architecture},
              {"width", d.width}};
    if (!d.node.empty()) {
        json["node"] = d.node;
    }
    if (d.alpha) {
        json["alpha"] = *d.alpha;
    }
    json["tensors"] = tensors_json(d);
    if (d.kind == FileKind::lora) {
        json["left_out"] = d.left_out;
        json["invocation_tokens"] = d.invocation;
    }
    json["metadata"] = Json::object();
    for (const auto& [key, value] : d.metadata) {
        json["metadata"][key] = value;
    }
    return json;
}

}  // namespace

std::string kind_name(FileKind kind) {
    switch (kind) {
        case FileKind::model:
            return "model";
        case FileKind::lora:
            return "lora";
        case FileKind::control_vector:
            return "control_vector";
        case FileKind::affine:
            return "affine";
        case FileKind::heads:
            return "heads";
        case FileKind::other:
            break;
    }
    return "other";
}

std::string to_json(const FileFacts& facts) {
    return json_text(facts.model ? model_json(*facts.model) : adapter_json(facts.file));
}

}  // namespace otherwise
