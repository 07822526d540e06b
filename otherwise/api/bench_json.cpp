// to_json of bench.h.
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "otherwise/api/bench.h"
#include "otherwise/api/json_text.h"
#include "otherwise/api/kernels_json.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<CallKind, const char*>, 3> kWork{
    {{CallKind::prompt, "prompts"},
     {CallKind::forced, "teacher-forced"},
     {CallKind::decode, "decoded"}}};

Json rates_json(const Rates& rates) {
    auto list = Json::array();
    for (const auto& [work, name] : kWork) {
        for (const auto& [shape, rate] : rates.shapes) {
            if (shape.work == work) {
                list.push_back({{"work", name},
                                {"streams", shape.streams},
                                {"rows", shape.rows},
                                {"rows_per_second", rate}});
            }
        }
    }
    return list;
}

Json result_json(const EngineResult& r) {
    return {{"pairs_per_second", r.pairs_per_second},
            {"efficiency", r.efficiency},
            {"outside_llama", r.outside},
            {"hooks_over_model", r.hooks},
            {"seconds", r.seconds},
            {"rows", r.rows},
            {"rows_needed", r.needed.rows()},
            {"prompt_rows_needed", r.needed.prompt},
            {"verified_rows_needed", r.needed.verified},
            {"written_rows_needed", r.needed.written}};
}

}  // namespace

std::string to_json(const RunBench& bench) {
    const Rates& rates = bench.rates;
    Json json{{"prompt_rows_per_second", rates.prompt},
              {"forced_rows_per_second", rates.forced},
              {"decode_rows_per_second", rates.decode},
              {"shapes", rates_json(rates)},
              {"streams", bench.streams},
              {"rows_of_a_call", bench.rows_of_a_call},
              {"shape_reason", bench.shape_reason},
              {"worlds", bench.worlds},
              {"without_null", result_json(bench.plain)},
              {"with_null", result_json(bench.with_null)}};
    json.update(kernels_json());
    return json_text(json);
}

std::string to_json(const LawBench& bench) {
    Json json{{"strings", bench.strings},
              {"worlds", bench.worlds},
              {"tokens", bench.tokens},
              {"rows", bench.rows},
              {"seconds", bench.seconds},
              {"times_llama_alone", bench.times_llama},
              {"llama_rows_per_second", bench.llama_rate},
              {"best_rows_per_second", bench.best_rate},
              {"outside_llama", bench.outside},
              {"hooks_over_model", bench.backend.hooks_share()}};
    json.update(kernels_json());
    return json_text(json);
}

std::string to_json(const LongBench& bench) {
    Json json = Json::object();
    for (const auto& row : bench.rows) {
        json[row.key] = {{"rows_per_second", row.rate},
                         {"rows_needed", row.needed},
                         {"best_that_keeps_bits", row.keeps},
                         {"best_of_all", row.any}};
    }
    json["shapes"] = Json::array();
    for (const auto& [shape, rate, bits] : bench.rates) {
        json["shapes"].push_back({{"work", shape.work == CallKind::prompt ? "prompts" : "corpus"},
                                  {"tokens", shape.length},
                                  {"streams", shape.streams},
                                  {"rows", shape.rows},
                                  {"keeps_bits", bits},
                                  {"rows_per_second", rate}});
    }
    json.update(kernels_json());
    return json_text(json);
}

}  // namespace otherwise
