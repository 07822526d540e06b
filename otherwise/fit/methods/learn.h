// `otherwise fit`: from sets of texts to an intervention file, with its quality on held-out texts.
//
// One pass gathers the states of every layer asked for (two where the best layer is to be chosen
// and covariances are only wanted there). Everything is fitted to the texts that are not held out;
// everything said of its quality is measured on those that are. Where the best layer is chosen,
// every other held-out text chooses it and the rest judge it.
#pragma once

#include <memory>
#include <vector>

#include "otherwise/fit/methods/fitted.h"
#include "otherwise/fit/states/gather.h"
#include "otherwise/fit/states/texts.h"

namespace otherwise {

class Fit {
public:
    /// The first set is the one that the intervention moves towards; leace takes two sets or more
    /// in any order. Checks all that can be checked beforehand. Throws Error: too few texts for the
    /// method, identical sets (in any order), sets of unequal numbers where pairs are needed, an
    /// unknown site or layer, more memory than allowed.
    Fit(std::shared_ptr<const Model> model, std::vector<TextSet> sets, FitRequest request,
        const FitWork& work = {});

    [[nodiscard]] const FitPlan& plan() const { return plan_; }
    /// Throws Error like gather, and when the states of the sets do not differ.
    [[nodiscard]] FitResult run(const FitCallbacks& callbacks) const;

private:
    void read_texts();
    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] std::vector<NodeStates> pass(const std::vector<int>& layers, bool covariance,
                                               const FitCallbacks& callbacks) const;
    [[nodiscard]] GatherOptions gathering(const std::vector<int>& layers, bool covariance) const;

    std::shared_ptr<const Model> model_;
    std::vector<TextSet> sets_;
    std::vector<std::vector<Tokens>> tokens_;
    FitRequest request_;
    FitWork work_;
    int width_ = 0;
    std::size_t longest_ = 0;  ///< tokens of a text
    FitPlan plan_;
};

/// The same of states that were taken elsewhere, at the request's site. Of the request how texts
/// are pooled and read is only noted; `layers` counts within those that are given. Throws Error:
/// too few states, sets of unequal layers or widths, layers that are not ascending, values that are
/// not finite, and what Fit throws of its sets.
[[nodiscard]] FitResult fit_states(const GivenStates& states, const FitRequest& request,
                                   const FitCallbacks& callbacks = {});

}  // namespace otherwise
