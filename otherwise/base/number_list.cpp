#include "otherwise/base/number_list.h"

namespace otherwise {

std::string number_list(std::span<const int> numbers) {
    if (numbers.size() > 1 &&
        numbers.back() - numbers.front() + 1 == static_cast<int>(numbers.size())) {
        return std::to_string(numbers.front()) + "-" + std::to_string(numbers.back());
    }
    std::string text;
    for (const int number : numbers) {
        text += (text.empty() ? "" : ",") + std::to_string(number);
    }
    return text;
}

}  // namespace otherwise
