#include "otherwise/model/tap.h"

#include <chrono>
#include <utility>

#include "ggml-backend.h"
#include "ggml.h"
#include "otherwise/base/error.h"

namespace otherwise {
namespace {

bool in_host_memory(const ggml_tensor* node) {
    ggml_backend_buffer_t buffer =
        node->view_src != nullptr ? node->view_src->buffer : node->buffer;
    return buffer != nullptr && ggml_backend_buffer_is_host(buffer);
}

}  // namespace

Tap::Tap(std::vector<Hook> sites) {
    for (auto& site : sites) {
        Place& place = sites_[std::move(site.node)];
        place.edits.push_back(std::move(site.edit));
        place.writes = place.writes || !site.reads_only;
    }
}

void Tap::begin(const Call& call, std::span<const int> strings) {
    all_rows_ = call.written;
    wanted_rows_.clear();
    all_names_.clear();
    wanted_names_.clear();
    for (std::size_t i = 0; i < call.wanted.size(); ++i) {
        const auto rows = static_cast<std::size_t>(call.n_rows);
        const auto stream = i / rows;
        const auto at = static_cast<std::size_t>(call.first_stream) + stream;
        all_names_.push_back({.string = at < strings.size() ? strings[at] : -1,
                              .position = call.positions[stream] + static_cast<int>(i % rows)});
        if (call.wanted[i] != 0) {
            wanted_rows_.push_back(call.written[i]);
            wanted_names_.push_back(all_names_.back());
        }
    }
    error_ = nullptr;
}

void Tap::finish() {
    if (error_) {
        std::rethrow_exception(std::exchange(error_, nullptr));
    }
}

std::vector<std::string> Tap::silent() const {
    std::vector<std::string> names;
    for (const auto& [name, place] : sites_) {
        if (!place.fired) {
            names.push_back(name);
        }
    }
    return names;
}

void Tap::apply(ggml_tensor* node, Place& place) {
    const auto rows = static_cast<std::size_t>(ggml_nrows(node));
    if (rows == 0) {
        return;  // a call without logits, in the last block
    }
    const bool every = rows == all_rows_.size();
    const bool plain = node->type == GGML_TYPE_F32 && ggml_is_contiguous(node);
    if (!plain || (!every && rows != wanted_rows_.size())) {
        fail({.where = "Tap",
              .expected = "one F32 row a token at node " + std::string(node->name),
              .came = std::to_string(rows) + " rows of " + ggml_type_name(node->type)});
    }
    const auto count = static_cast<std::size_t>(ggml_nelements(node));
    const bool here = in_host_memory(node);
    if (!here) {
        values_.resize(count);
        ggml_backend_tensor_get(node, values_.data(), 0, ggml_nbytes(node));
    }
    float* values = here ? static_cast<float*>(node->data) : values_.data();
    const SiteRows states{.values = {values, count},
                          .width = static_cast<int>(node->ne[0]),
                          .written = every ? all_rows_ : wanted_rows_,
                          .names = every ? all_names_ : wanted_names_};
    for (const auto& edit : place.edits) {
        edit(states);
    }
    if (!here && place.writes) {
        ggml_backend_tensor_set(node, values_.data(), 0, ggml_nbytes(node));
    }
}

bool Tap::on_node(ggml_tensor* node, bool ask, void* user_data) {
    auto& tap = *static_cast<Tap*>(user_data);
    const auto found = tap.sites_.find(std::string_view(node->name));
    if (found == tap.sites_.end()) {
        return !ask;  // not wanted; false after computing would only stop the callbacks
    }
    if (!ask) {
        const auto start = std::chrono::steady_clock::now();
        found->second.fired = true;
        try {
            if (!tap.error_) {
                tap.apply(node, found->second);
            }
        } catch (...) {
            tap.error_ = std::current_exception();
        }
        const auto spent = std::chrono::steady_clock::now() - start;
        tap.seconds_ += std::chrono::duration<double>(spent).count();
    }
    return true;
}

}  // namespace otherwise
