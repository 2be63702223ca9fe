#pragma once

#include <mote/micro/service.hpp>

#include <functional>

namespace mote::micro::detail {

/// Where a service tells what went wrong: the `on_error` of its config, else one line on standard error.
class failure_log {
public:
    explicit failure_log(std::function<void(const failure&)> on_error) : on_error_(std::move(on_error)) {}

    /// What `on_error` throws ends here: a report has nobody to report a failure to.
    void report(const failure& what) const noexcept;

private:
    std::function<void(const failure&)> on_error_;
};

}  // namespace mote::micro::detail
