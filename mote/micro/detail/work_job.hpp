#pragma once

#include <mote/micro/detail/work_item.hpp>
#include <mote/micro/detail/work_state.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace mote::micro::detail {

/// One try of a message. It owns the message, together with the tries after it.
struct work_state::job : call_record {
    job(std::shared_ptr<work_state> endpoint_kept, std::shared_ptr<work_item> tried)
        : call_record(nullptr, nullptr), keep(std::move(endpoint_kept)), item(std::move(tried)) {
        endpoint = keep.get();
        message = &item->delivery.message();
    }
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    ~job() { endpoint = nullptr; }  // nothing is to be answered: the base has nothing to do

    std::shared_ptr<work_state> keep;
    std::shared_ptr<work_item> item;
    std::string refusal;  // what middleware answered in place of the handler; there before `failed` is set
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

}  // namespace mote::micro::detail
