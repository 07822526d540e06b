#include "otherwise/fit/methods/mimic.h"

#include <algorithm>

#include "otherwise/fit/methods/symmetric.h"

namespace otherwise {

GaussianMap transport(const Gaussian& source, const Gaussian& target) {
    const auto s = roots(source.covariance);
    const Eigen::MatrixXd middle = square_root(s.root * target.covariance * s.root);
    GaussianMap map{.weight = s.inverse * middle * s.inverse + s.null};
    map.bias = target.mean - map.weight * source.mean;
    return map;
}

double wasserstein_squared(const Gaussian& source, const Gaussian& target) {
    const Eigen::MatrixXd root = square_root(source.covariance);
    const Eigen::MatrixXd middle = square_root(root * target.covariance * root);
    const double spread =
        source.covariance.trace() + target.covariance.trace() - 2.0 * middle.trace();
    return (source.mean - target.mean).squaredNorm() + std::max(0.0, spread);
}

}  // namespace otherwise
