#pragma once

#include <tests/nats/live.hpp>

#include <mote/micro/service.hpp>

#include <functional>
#include <string>
#include <vector>

namespace mote::test {

inline micro::service_config described(std::string name = "S", std::string version = "1.0.0") {
    micro::service_config config;
    config.name = std::move(name);
    config.version = std::move(version);
    return config;
}

inline micro::service a_service() { return micro::service(described()); }

inline const auto ignore_request = [](micro::request&) {};

/// What a call is refused with.
struct refusal {
    micro::errc code;
    std::string text;  ///< the beginning of it, without the number of the code
    std::function<void()> call;
};

inline void expect_refused(const std::vector<refusal>& all) {
    for (const auto& each : all) {
        const auto seen = failure_at_once(each.call);
        EXPECT_EQ(seen.code, each.code) << each.text;
        EXPECT_EQ(seen.text.substr(0, seen.text.find(" [mote.micro:")), each.text);
    }
}

}  // namespace mote::test
