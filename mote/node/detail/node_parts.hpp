#pragma once

#include <mote/functions/bundle_cache.hpp>
#include <mote/functions/bundle_store.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/log_writer.hpp>
#include <mote/functions/secret_store.hpp>
#include <mote/node/node.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::node::detail {

/// What all functions of a node use. It outlives them.
struct node_parts {
    nats::connection connection;
    const node_options& opts;
    std::string id;
    functions::function_store store;
    functions::bundle_store bundles;
    functions::bundle_cache cache;
    functions::secret_store secrets;
    functions::sealing_key key;
    functions::log_writer logs;
    std::function<void()> on_change{};  // something to say of a function is new

    void note(std::string_view text) const {
        if (opts.on_note) opts.on_note(text);
    }
    void changed() const {
        if (on_change) on_change();
    }
};

}  // namespace mote::node::detail
