#pragma once

#include <mote/functions/bundle_cache.hpp>
#include <mote/functions/bundle_store.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/log_writer.hpp>
#include <mote/functions/secret_store.hpp>
#include <mote/node/detail/login_issuer.hpp>
#include <mote/node/detail/port_table.hpp>
#include <mote/node/node.hpp>
#include <mote/process/sandbox.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace mote::node::detail {

/// What all functions of a node use. What may go on when the node is gone keeps it.
struct node_parts : std::enable_shared_from_this<node_parts> {
    node_parts(nats::connection connected, node_options options, std::string node_id,
               functions::function_store functions, functions::bundle_store kept_bundles,
               functions::bundle_cache unpacked, functions::secret_store sealed, functions::sealing_key own_key,
               functions::log_writer log)
        : connection(std::move(connected)),
          opts(std::move(options)),
          id(std::move(node_id)),
          store(std::move(functions)),
          bundles(std::move(kept_bundles)),
          cache(std::move(unpacked)),
          secrets(std::move(sealed)),
          key(std::move(own_key)),
          logs(std::move(log)) {}

    nats::connection connection;
    node_options opts;
    std::string id;
    functions::function_store store;
    functions::bundle_store bundles;
    functions::bundle_cache cache;
    functions::secret_store secrets;
    functions::sealing_key key;
    functions::log_writer logs;
    functions::text_map labels{};                  // what constraints are compared with
    std::shared_ptr<const login_issuer> logins{};  // null: processes get none
    port_table ports{};
    std::set<std::string> claimed_services{};  // ids of micro services that a process of ours was found to be
    std::uint64_t instances = 0;               // that were ever started: no two have the same name
    std::function<void()> on_change{};         // something to say of a function is new

    /// Whether functions run in one here.
    bool has_sandbox() const { return opts.sandbox && process::sandbox_available().works; }
    void note(std::string_view text) const {
        if (opts.on_note) opts.on_note(text);
    }
    void changed() const {
        if (on_change) on_change();
    }
};

}  // namespace mote::node::detail
