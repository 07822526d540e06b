// The factual string that counterfactual ones are compared with, and its laws where it was
// observed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "otherwise/base/law.h"
#include "otherwise/generate/record.h"

namespace otherwise {

/// A law that owns its logits. [n_vocab] floats.
class StoredLaw {
public:
    explicit StoredLaw(const Law& law) : law_(law), logits_(law.logits.begin(), law.logits.end()) {
        law_.weights = {};
        law_.logits = {};
    }
    [[nodiscard]] Law view() const {
        Law law = law_;
        law.logits = logits_;
        return law;
    }
    [[nodiscard]] std::size_t bytes() const { return logits_.size() * sizeof(float); }

private:
    Law law_;
    std::vector<float> logits_;
};

struct FactualString {
    std::shared_ptr<const Written> written;
    /// One law for each written token of an observed string; empty for a sampled one, whose clocks
    /// are known.
    std::vector<StoredLaw> laws;
    bool observed = false;
    std::uint64_t first_row = 0;  ///< fingerprint of the logits of the first written token
    /// Written position of an observed token that the mechanism forbids; −1 if none. Laws end
    /// there.
    int impossible_at = -1;
};

/// A 64-bit fingerprint of a row of logits: equal rows, equal fingerprints.
[[nodiscard]] std::uint64_t fingerprint(std::span<const float> logits);

}  // namespace otherwise
