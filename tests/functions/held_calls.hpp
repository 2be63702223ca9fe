#pragma once

#include <tests/functions/async_world.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace mote::test {

/// Keeps calls until the test lets them go, and how many there are at once.
struct held_calls {
    std::vector<nats::message> waiting;
    std::size_t most = 0;

    static served_function::handler by(const std::shared_ptr<held_calls>& held) {
        return [held](const nats::connection&, const nats::message_view& asked, std::size_t) {
            held->waiting.emplace_back(asked);
            held->most = std::max(held->most, held->waiting.size());
        };
    }
    void answer_all(const nats::connection& nc) {
        for (const auto& each : std::exchange(waiting, {})) nc.respond(each.view(), "held");
    }
};

}  // namespace mote::test
