#pragma once

#include <mote/gateway/detail/code_table.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace mote::gateway::detail {

/// What is counted of one function. Any thread may count and read.
class function_series {
public:
    explicit function_series(std::string name) : name_(std::move(name)) {}

    const std::string& name() const noexcept { return name_; }
    void began() noexcept { started_.fetch_add(1, std::memory_order_relaxed); }
    code_table& answers() noexcept { return answers_; }
    const code_table& answers() const noexcept { return answers_; }
    std::uint64_t started() const noexcept { return started_.load(std::memory_order_relaxed); }

private:
    std::string name_;
    std::atomic<std::uint64_t> started_{0};
    code_table answers_;
};

}  // namespace mote::gateway::detail
