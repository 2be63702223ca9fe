#pragma once

#include <mote/jetstream/stream.hpp>

namespace mote::jetstream {

/// The stream ORDERS on `orders.>`.
inline stream_config orders() {
    stream_config config;
    config.name = "ORDERS";
    config.subjects = {"orders.>"};
    return config;
}

/// The same, readable without a consumer.
inline stream_config direct_orders() {
    auto config = orders();
    config.allow_direct = true;
    return config;
}

}  // namespace mote::jetstream
