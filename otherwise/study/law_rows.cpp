#include "otherwise/study/law_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "otherwise/base/error.h"
#include "otherwise/measure/law_columns.h"
#include "otherwise/measure/statistics.h"
#include "otherwise/study/lists.h"
#include "otherwise/study/packed_list.h"

namespace otherwise {
namespace {

/// stay, p, q, …
std::vector<std::string> list_names() {
    std::vector<std::string> names{"stay"};
    for (const auto& column : law_columns()) {
        names.emplace_back(column.name);
    }
    return names;
}

/// All that follows from the stored lists.
void complete(StringLaw& law, const std::vector<std::vector<double>>& columns) {
    double log_low = 0.0;
    double log_high = 0.0;
    for (std::size_t t = 0; t < law.stay.size(); ++t) {
        if (!std::isnan(columns.front()[t])) {
            Comparison at{.stay = law.stay[t]};
            for (std::size_t c = 0; c < columns.size(); ++c) {
                law_columns()[c].put(at, columns[c][t]);
            }
            const Bounds bounds = stay_bounds(at.log_p, at.log_q);
            law.log_p += at.log_p;
            law.log_q += at.log_q;
            log_low += std::log(bounds.low);
            log_high += std::log(bounds.high);
            law.scored.push_back(static_cast<int>(t));
            law.at.push_back(at);
        } else if (law.stay[t] == 0.0) {
            ++law.lost;
            law.log_q = log_low = log_high = -kInfinity;
        }
    }
    law.prefix = prefix_law(law.stay);
    law.token_bounds = {.low = std::exp(log_low), .high = std::exp(log_high)};
    law.bounds = stay_bounds(law.log_p, law.log_q);
}

}  // namespace

LawRow law_row(const StringLaw& law) {
    LawRow row{.string = law.string,
               .sample = law.sample,
               .world = law.world,
               .expected_lcp = law.prefix.expected_lcp,
               .unchanged = law.prefix.unchanged,
               .lists = {pack_reals(law.stay)}};
    for (const auto& column : law_columns()) {
        row.lists.push_back(pack_reals(values_of(law, column), true));
    }
    return row;
}

std::string insert_law() {
    const auto lists = list_names();
    const std::vector<std::string> places(lists.size(), "?");
    return fmt::format(
        "INSERT INTO laws (string, sample, world, expected_lcp, unchanged, {}) "
        "VALUES (?, ?, ?, ?, ?, {})",
        fmt::join(lists, ", "), fmt::join(places, ", "));
}

void bind(Statement& statement, const LawRow& row) {
    statement.bind(0, row.string);
    statement.bind(1, row.sample);
    statement.bind(2, row.world);
    statement.bind(3, row.expected_lcp);
    statement.bind(4, row.unchanged);
    int place = 5;
    for (const auto& list : row.lists) {
        statement.bind_blob(place++, list);
    }
}

std::string law_lists() { return fmt::format("l.{}", fmt::join(list_names(), ", l.")); }

void read_law(const Statement& rows, int first, StringLaw& law) {
    law.stay = read_real_list(rows.text(first));
    std::vector<std::vector<double>> columns;
    for (std::size_t c = 0; c < law_columns().size(); ++c) {
        columns.push_back(read_real_list(rows.text(first + 1 + static_cast<int>(c))));
    }
    const std::size_t tokens = law.written->tokens.size();
    const auto fits = [&](const std::vector<double>& list) { return list.size() == tokens; };
    if (!fits(law.stay) || !std::ranges::all_of(columns, fits)) {
        fail({.where = "RunReader",
              .expected = "one entry a token in the table laws",
              .came = "another number for string " + std::to_string(law.string)});
    }
    complete(law, columns);
}

}  // namespace otherwise
