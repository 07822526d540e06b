#include "otherwise/fit/states/states.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/fit/states/text_calls.h"
#include "otherwise/model/context.h"

namespace otherwise {
namespace {

/// The call under way, as the hooks see it.
struct StatesCall {
    std::span<const Tokens> texts;
    const ReadStatesOptions& options;
    const TextGroup* group = nullptr;
    const TextPiece* piece = nullptr;

    void take(std::size_t node, const SiteRows& rows) const {
        const auto width = static_cast<std::size_t>(rows.width);
        const auto stream_rows = static_cast<std::size_t>(piece->rows);
        const std::size_t streams =
            group->texts.size() + static_cast<std::size_t>(piece->companions);
        if (rows.values.size() != streams * stream_rows * width) {
            fail({.where = "read_states",
                  .expected = "the states of every row at " + options.nodes[node],
                  .came = "only those whose logits are wanted"});
        }
        for (std::size_t s = 0; s < group->texts.size(); ++s) {
            const auto text = group->texts[s];
            const int first = piece->first[s];
            const auto count = static_cast<std::size_t>(piece->end[s] - first) * width;
            if (count == 0) {
                continue;
            }
            const auto values =
                std::span<const float>(rows.values).subspan(s * stream_rows * width, count);
            require_finite(values, node, text);
            options.on_states({.text = text,
                               .node = node,
                               .first = first,
                               .width = rows.width,
                               .values = values});
        }
    }

    void require_finite(std::span<const float> values, std::size_t node, std::size_t text) const {
        if (std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) {
            return;
        }
        const auto name =
            options.name_of ? options.name_of(text) : "text " + std::to_string(text + 1);
        fail({.where = "read_states",
              .expected = "finite states",
              .came = "NaN or Inf at " + options.nodes[node] + " in " + name,
              .advice =
                  "take out that text or choose an earlier layer; where every text does this, "
                  "the model's file is damaged"});
    }
};

std::vector<Hook> hooks_of(const StatesCall& reading) {
    std::vector<Hook> hooks = reading.options.edits;
    for (std::size_t node = 0; node < reading.options.nodes.size(); ++node) {
        hooks.push_back(
            {.node = reading.options.nodes[node],
             .edit = [&reading, node](const SiteRows& rows) { reading.take(node, rows); }});
    }
    return hooks;
}

void require_fired(const Context& context) {
    const auto silent = context.silent_sites();
    if (!silent.empty()) {
        fail({.where = "read_states",
              .expected = "a node that this model's graph has",
              .came = silent.front(),
              .advice = our_command("inspect") + " lists the sites of a model"});
    }
}

long count_tokens(std::span<const Tokens> texts) {
    return std::accumulate(texts.begin(), texts.end(), 0L, [](long sum, const Tokens& tokens) {
        return sum + static_cast<long>(tokens.size());
    });
}

bool is_cancelled(const ReadStatesOptions& options) {
    return options.cancelled && options.cancelled();
}

/// Evaluates one group in as few calls as it takes.
void read_group(Context& context, StatesCall& reading) {
    std::vector<std::span<const Token>> texts;
    for (const auto text : reading.group->texts) {
        texts.emplace_back(reading.texts[text]);
    }
    for (const auto& piece : reading.group->pieces) {
        reading.piece = &piece;
        make_ready(context, piece);
        context.decode(call_of(piece, texts, reading.options.last_block));
    }
}

/// Texts are prompts.
std::vector<TextRows> rows_of(std::span<const Tokens> texts) {
    std::vector<TextRows> rows;
    rows.reserve(texts.size());
    for (const auto& tokens : texts) {
        const auto length = static_cast<int>(tokens.size());
        rows.push_back({.tokens = length, .prompt = length});
    }
    return rows;
}

}  // namespace

bool read_states(const std::shared_ptr<const Model>& model, std::span<const Tokens> texts,
                 const ReadStatesOptions& options) {
    StatesCall reading{.texts = texts, .options = options};
    const long total = count_tokens(texts);
    long done = 0;
    for (auto& batch : text_calls(rows_of(texts), *model, options.least_rows)) {
        batch.shape.threads = options.threads;
        batch.shape.sites = hooks_of(reading);
        Context context(model, std::move(batch.shape));
        for (const auto& group : batch.groups) {
            if (is_cancelled(options)) {
                return false;
            }
            reading.group = &group;
            read_group(context, reading);
            require_fired(context);
            for (const auto text : group.texts) {
                done += static_cast<long>(texts[text].size());
            }
            if (options.on_progress) {
                options.on_progress(done, total);
            }
        }
    }
    return true;
}

std::size_t states_bytes(const Model& model, int longest, int least_rows) {
    return text_calls_bytes(model, longest, least_rows);
}

bool needs_logits_in_last_block(const std::string& node) {
    return node != "attn_norm" && node != "kqv_out" && node != "attn_out";
}

}  // namespace otherwise
