#include "otherwise/base/csv_row.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace otherwise {
namespace {

using End = std::optional<std::size_t>;
using Fields = std::vector<std::optional<std::string>>;

End end_of(const std::string& text, char separator = ',') {
    const auto whole = CsvScan(separator).feed(text);
    for (std::size_t size = 1; size <= text.size(); ++size) {
        CsvScan scan(separator);
        End end;
        for (std::size_t at = 0; at < text.size() && !end; at += size) {
            if (const auto here = scan.feed(std::string_view(text).substr(at, size))) {
                end = at + *here;
            }
        }
        EXPECT_EQ(end, whole) << text << " by " << size;
    }
    return whole;
}

/// The fields of a row, or what is wrong with it as the only one.
Fields split(std::string row, char separator = ',') {
    std::vector<std::optional<std::string_view>> fields;
    const auto fault = split_csv(row.data(), row.size(), separator, fields);
    if (!fault.empty()) {
        return {fault};
    }
    Fields found;
    for (const auto& field : fields) {
        found.push_back(field ? std::optional(std::string(*field)) : std::nullopt);
    }
    return found;
}

TEST(CsvScan, ARowEndsAtANewlineOutsideQuotes) {
    EXPECT_EQ(end_of("a,b\nc"), End(3));
    EXPECT_EQ(end_of("\"a\nb\",c\nd"), End(7));
    EXPECT_EQ(end_of("\"a\"\"\n\"\nb"), End(6));
    EXPECT_EQ(end_of("\n"), End(0));
    EXPECT_EQ(end_of("a,b"), End());
    EXPECT_EQ(end_of("\"a\n"), End());
}

TEST(CsvScan, AQuoteWithinAFieldOpensNothing) {
    EXPECT_EQ(end_of("a\"b\nc"), End(3));
    EXPECT_EQ(end_of("a,b\"\nc"), End(4));
    EXPECT_EQ(end_of("a\t\"\n\"\nb", '\t'), End(5));
    EXPECT_EQ(end_of("a\t\"\n\"\nb", ','), End(3));  // there the tab starts no field
}

TEST(SplitCsv, FieldsAreWhatStandsBetweenSeparators) {
    EXPECT_EQ(split("a,b"), (Fields{"a", "b"}));
    EXPECT_EQ(split(" a , b "), (Fields{" a ", " b "}));
    EXPECT_EQ(split("a;b,c", ';'), (Fields{"a", "b,c"}));
    EXPECT_EQ(split("a"), (Fields{"a"}));
}

TEST(SplitCsv, AnEmptyFieldIsNoneAndTwoQuotesAreEmpty) {
    EXPECT_EQ(split(""), (Fields{std::nullopt}));
    EXPECT_EQ(split(",a,"), (Fields{std::nullopt, "a", std::nullopt}));
    EXPECT_EQ(split("\"\",\"\""), (Fields{"", ""}));
}

TEST(SplitCsv, QuotesAreTakenOff) {
    EXPECT_EQ(split("\"a,b\",c"), (Fields{"a,b", "c"}));
    EXPECT_EQ(split("\"a\"\"b\""), (Fields{"a\"b"}));
    EXPECT_EQ(split("\"\"\"\""), (Fields{"\""}));
    EXPECT_EQ(split("\"a\nb\""), (Fields{"a\nb"}));
    EXPECT_EQ(split("a\"b\""), (Fields{"a\"b\""}));  // not at the start
}

TEST(SplitCsv, SaysWhatIsWrong) {
    EXPECT_EQ(split("\"a"), (Fields{"a quote without its end"}));
    EXPECT_EQ(split("\"a\"\""), (Fields{"a quote without its end"}));
    EXPECT_EQ(split("\"a\"b,c"), (Fields{"text after a quote's end"}));
}

}  // namespace
}  // namespace otherwise
