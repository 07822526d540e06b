// The laws of strings as a table, whatever evaluated them.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/base/text.h"
#include "otherwise/measure/string_law.h"
#include "python/src/table.h"

namespace otherwise::python {

nanobind::object table_object(SharedColumns columns);  // table.cpp

/// What the numbers in a law stand for.
struct LawNames {
    std::function<std::string(int string)> string;  ///< its id
    std::function<std::string(int world)> world;
    std::function<std::string(Token)> piece;  ///< bytes, control tokens written out
};

/// The laws of strings as a table: a row for each string in each world, lists with a number for
/// each of its tokens. What has no law (a do took it away) is NaN.
class LawRows {
public:
    LawRows(bool agreement, LawNames names) : agreement_(agreement), names_(std::move(names)) {
        if (agreement) {
            exact_ = &table_->column("agreement", ColumnType::reals);
        }
    }

    void add(const StringLaw& law) {
        string_.add(to_utf8(names_.string(law.string)));
        sample_.add(std::int64_t{law.sample});
        world_.add(names_.world(law.world));
        observed_.add_flag(law.observed);
        unchanged_.add(law.prefix.unchanged);
        expected_lcp_.add(law.prefix.expected_lcp);
        log_p_.add(law.log_p);
        log_q_.add(law.log_q);
        low_.add(law.bounds.low);
        high_.add(law.bounds.high);
        token_low_.add(law.token_bounds.low);
        token_high_.add(law.token_bounds.high);
        add_tokens(law);
        ++table_->rows;
    }
    [[nodiscard]] SharedColumns table() const { return table_; }
    [[nodiscard]] const std::map<Token, std::string>& pieces() const { return pieces_; }

private:
    void add_tokens(const StringLaw& law) {
        for (const Token token : law.written->tokens) {
            if (!pieces_.contains(token)) {
                pieces_.emplace(token, to_utf8(names_.piece(token)));
            }
        }
        tokens_.add(law.written->tokens);
        stay_.add(law.stay);
        survival_.add(law.prefix.survival);
        p_.add(spread(law, [&](std::size_t i) { return std::exp(law.at[i].log_p); }));
        q_.add(spread(law, [&](std::size_t i) { return std::exp(law.at[i].log_q); }));
        kl_.add(spread(law, [&](std::size_t i) { return law.at[i].kl; }));
        same_draw_.add(spread(law, [&](std::size_t i) { return law.at[i].same_draw; }));
        if (agreement_) {
            exact_->add(spread(law, [&](std::size_t i) { return law.agreement.at(i); }));
        }
    }
    /// One number a token from one a scored position.
    template <typename Value>
    [[nodiscard]] static std::vector<double> spread(const StringLaw& law, const Value& value) {
        std::vector<double> all(law.stay.size(), kNone);
        for (std::size_t i = 0; i < law.scored.size(); ++i) {
            all[static_cast<std::size_t>(law.scored[i])] = value(i);
        }
        return all;
    }

    static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

    bool agreement_;
    LawNames names_;
    std::map<Token, std::string> pieces_;
    std::shared_ptr<Columns> table_ = std::make_shared<Columns>();
    Column& string_ = table_->column("string", ColumnType::text);
    Column& sample_ = table_->column("sample", ColumnType::whole);
    Column& world_ = table_->column("world", ColumnType::text);
    Column& observed_ = table_->column("observed", ColumnType::flag);
    Column& unchanged_ = table_->column("unchanged", ColumnType::real);
    Column& expected_lcp_ = table_->column("expected_lcp", ColumnType::real);
    Column& log_p_ = table_->column("log_p", ColumnType::real);
    Column& log_q_ = table_->column("log_q", ColumnType::real);
    Column& low_ = table_->column("bounds_low", ColumnType::real);
    Column& high_ = table_->column("bounds_high", ColumnType::real);
    Column& token_low_ = table_->column("token_bounds_low", ColumnType::real);
    Column& token_high_ = table_->column("token_bounds_high", ColumnType::real);
    Column& tokens_ = table_->column("tokens", ColumnType::tokens);
    Column& stay_ = table_->column("stay", ColumnType::reals);
    Column& survival_ = table_->column("survival", ColumnType::reals);
    Column& p_ = table_->column("p", ColumnType::reals);
    Column& q_ = table_->column("q", ColumnType::reals);
    Column& kl_ = table_->column("kl", ColumnType::reals);
    Column& same_draw_ = table_->column("same_draw", ColumnType::reals);
    Column* exact_ = nullptr;  ///< the exact agreement, where it was asked for
};

}  // namespace otherwise::python
