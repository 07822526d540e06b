// Rows of the table `laws`: how a law is written to a run file, and what comes back.
//
// A list a column (measure/law_columns.h), packed: stay with all its digits, the others with nine;
// null where noise does not decide. All else of a law follows from these and is not kept.
#pragma once

#include <string>
#include <vector>

#include "otherwise/measure/string_law.h"
#include "otherwise/study/database.h"

namespace otherwise {

struct LawRow {
    int string = 0;
    int sample = 0;
    int world = 0;
    double expected_lcp = 0.0;  ///< tokens
    double unchanged = 1.0;
    std::vector<std::string> lists{};  ///< stay, then each column
};

[[nodiscard]] LawRow law_row(const StringLaw& law);

/// "INSERT INTO laws (…) VALUES (?, …)", and what goes there.
[[nodiscard]] std::string insert_law();
void bind(Statement& statement, const LawRow& row);

/// "l.stay, l.p, …", of the table `laws` named l.
[[nodiscard]] std::string law_lists();

/// The law from its lists, which begin at `first` of a result, and from its written string; its
/// numbers and role are the caller's. Throws Error where lists do not have an entry a token.
void read_law(const Statement& rows, int first, StringLaw& law);

}  // namespace otherwise
