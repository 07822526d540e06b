// llama.cpp's own rates on a context of a session's factual world.
#include <algorithm>

#include "otherwise/generate/session.h"

namespace otherwise {

/// Made once, with as many of the rows and streams as fit the memory.
Context& Session::rates_context(int streams) {
    if (!rates_context_) {
        ContextOptions options = factual_.prototype;
        options.stream_length = estimate_.stream_length;
        options.max_rows =
            std::max(most_rows(factual_.model->n_vocab()), estimate_.memory.max_rows);
        options.n_streams = streams + least_rows_ - 1;
        const auto too_large = [&] {
            return context_bytes(*factual_.model, options) > estimate_.budget;
        };
        while (too_large() && options.max_rows > estimate_.memory.max_rows) {
            options.max_rows = std::max(options.max_rows / 2, estimate_.memory.max_rows);
        }
        while (too_large() && options.n_streams > least_rows_) {
            --options.n_streams;
        }
        rates_context_ = factual_.make_context(options.n_streams, options.stream_length,
                                               options.max_rows, least_rows_);
    }
    return *rates_context_;
}

Rates Session::measure_rates(std::span<const RateShape> shapes) {
    const bool cold = !rates_context_;
    Context& context = rates_context(std::ranges::max(shapes, {}, &RateShape::streams).streams);
    if (cold) {
        (void)otherwise::measure_rates(context, shapes);
    }
    return otherwise::measure_rates(context, shapes);
}

std::vector<TextRate> Session::measure_text_rates(std::span<const TextShape> shapes) {
    return otherwise::measure_text_rates(
        rates_context(std::ranges::max(shapes, {}, &TextShape::streams).streams), shapes);
}

double Session::forced_rate() {
    const int most = most_rows(factual_.model->n_vocab());
    std::vector<RateShape> shapes;
    for (const int rows : {8, 16, 32, kPlainRows}) {
        shapes.push_back({.work = CallKind::forced,
                          .streams = std::clamp(most / rows, 1, estimate_.memory.parallel),
                          .rows = rows});
    }
    return measure_rates(shapes).forced;
}

}  // namespace otherwise
