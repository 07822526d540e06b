#include "otherwise/fit/methods/mimic.h"

#include "otherwise/fit/methods/symmetric.h"

namespace otherwise {

GaussianMap transport(const Gaussian& source, const Gaussian& target) {
    const auto s = roots(source.covariance);
    const Eigen::MatrixXd middle = square_root(s.root * target.covariance * s.root);
    GaussianMap map{.weight = s.inverse * middle * s.inverse + s.null};
    map.bias = target.mean - map.weight * source.mean;
    return map;
}

}  // namespace otherwise
