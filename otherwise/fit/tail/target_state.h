// How the vector that gives a fact its new answer is sought, and how far the search is: plain
// values (target_value.h has the loss and its units).
#pragma once

namespace otherwise {

/// The parts of the loss, of one fact.
struct TailLoss {
    double nll = 0.0;  ///< nats a target token, mean
    double kl = 0.0;   ///< nats
    /// Mean over the fact's prompts with targets of the joint probability of their tokens.
    double probability = 0.0;
};

struct TargetSettings {
    int steps = 25;
    double rate = 0.1;  ///< Adam's; in units of the root mean square of h
    double kl_weight = 0.0625;
    double decay = 0.5;
    double clamp = 4.0;
    double enough = 0.01;  ///< nats
    bool state_units =
        false;  ///< clamp and decay in |h| in place of |v|, as MEMIT's own code has it
};

/// A fact after a step.
struct TargetState {
    double loss = 0.0;  ///< all terms
    TailLoss parts;
    double length = 0.0;  ///< |delta| / |v|, or |h|
    int steps = 0;
    bool done = false;
};

}  // namespace otherwise
