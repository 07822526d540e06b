#include "otherwise/fit/states.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/model/context.h"

namespace otherwise {
namespace {

constexpr int kStreams = 16;
constexpr int kStreamRows = 63;  // 64 rows of a stream switch llama.cpp's attention kernel
constexpr int kLeastRows = 2;

/// Texts of nearly equal length that are evaluated side by side, one a stream.
struct Group {
    std::vector<std::size_t> texts;
    int longest = 0;
};

std::vector<Group> groups_of(std::span<const Tokens> texts) {
    std::vector<std::size_t> order(texts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return texts[a].size() > texts[b].size();
    });
    std::vector<Group> groups;
    for (std::size_t i = 0; i < order.size(); i += kStreams) {
        const auto end = std::min(order.size(), i + kStreams);
        groups.push_back({.texts = {order.begin() + static_cast<std::ptrdiff_t>(i),
                                    order.begin() + static_cast<std::ptrdiff_t>(end)},
                          .longest = static_cast<int>(texts[order[i]].size())});
    }
    return groups;
}

/// Rows [first, first + n_rows) of every text of a group; short texts repeat their last token.
Call call_of(std::span<const Tokens> texts, const Group& group, int first, int n_rows,
             bool logits) {
    Call call{.n_streams = static_cast<int>(group.texts.size()), .n_rows = n_rows};
    for (const auto text : group.texts) {
        const auto& tokens = texts[text];
        for (int row = first; row < first + n_rows; ++row) {
            const auto at = std::min(static_cast<std::size_t>(row), tokens.size() - 1);
            call.tokens.push_back(tokens[at]);
        }
        call.positions.push_back(first);
    }
    call.wanted.assign(call.tokens.size(), logits ? 1 : 0);
    call.written.assign(call.tokens.size(), 0);
    return call;
}

/// The call under way, as the hooks see it.
struct Reading {
    std::span<const Tokens> texts;
    const ReadStatesOptions& options;
    const Group* group = nullptr;
    int first = 0;
    int n_rows = 0;

    void take(std::size_t node, const SiteRows& rows) const {
        const auto width = static_cast<std::size_t>(rows.width);
        const auto stream_rows = static_cast<std::size_t>(n_rows);
        if (rows.values.size() != group->texts.size() * stream_rows * width) {
            fail({.where = "read_states",
                  .expected = "the states of every row at " + options.nodes[node],
                  .came = "only those whose logits are wanted"});
        }
        for (std::size_t s = 0; s < group->texts.size(); ++s) {
            const auto text = group->texts[s];
            const int left = static_cast<int>(texts[text].size()) - first;
            if (left <= 0) {
                continue;
            }
            const auto count = static_cast<std::size_t>(std::min(left, n_rows)) * width;
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

std::vector<Hook> hooks_of(const Reading& reading) {
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
              .advice = "`otherwise inspect` lists the sites of a model"});
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
void read_group(Context& context, Reading& reading) {
    const Group& group = *reading.group;
    for (std::size_t s = 0; s < group.texts.size(); ++s) {
        context.trim(static_cast<int>(s), 0);
    }
    for (int first = 0; first < group.longest; first += kStreamRows) {
        reading.first = first;
        reading.n_rows = std::min(kStreamRows, group.longest - first);
        if (reading.n_rows * static_cast<int>(group.texts.size()) < kLeastRows) {
            reading.n_rows = kLeastRows;
        }
        context.decode(
            call_of(reading.texts, group, first, reading.n_rows, reading.options.last_block));
    }
}

ContextOptions context_options(int longest, int streams, int threads) {
    ContextOptions options;
    options.n_streams = streams;
    options.stream_length = longest + kLeastRows;
    options.max_rows = std::max(kLeastRows, streams * std::min(longest + 1, kStreamRows));
    options.threads = threads;
    return options;
}

}  // namespace

bool read_states(const std::shared_ptr<const Model>& model, std::span<const Tokens> texts,
                 const ReadStatesOptions& options) {
    const auto groups = groups_of(texts);
    if (groups.empty()) {
        return true;
    }
    Reading reading{.texts = texts, .options = options};
    auto shape = context_options(groups.front().longest,
                                 static_cast<int>(groups.front().texts.size()), options.threads);
    shape.sites = hooks_of(reading);
    Context context(model, std::move(shape));
    const long total = count_tokens(texts);
    long done = 0;
    for (const auto& group : groups) {
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
    return true;
}

std::size_t states_bytes(const Model& model, int longest) {
    return context_bytes(model, context_options(longest, kStreams, 1));
}

bool needs_logits_in_last_block(const std::string& node) {
    return node != "attn_norm" && node != "kqv_out" && node != "attn_out";
}

}  // namespace otherwise
