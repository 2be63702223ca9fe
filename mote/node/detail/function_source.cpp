#include <mote/node/detail/function_source.hpp>

#include <mote/functions/image_name.hpp>

namespace mote::node::detail {

namespace asio = boost::asio;

asio::awaitable<function_source> find_source(std::shared_ptr<node_parts> parts, functions::description what) {
    function_source found;
    const auto image = functions::image_name::parse(what.wanted.image);
    if (const auto ours = functions::built_in(image)) {
        found.built_in = ours->kind;
        found.all = ours->settings;
    } else {
        const auto digest = functions::bundle_digest::parse(what.digest);
        found.bundle = co_await parts->cache.fetch(digest);
        found.all = found.bundle->settings;
    }
    if (what.wanted.variables)
        for (const auto& [name, value] : *what.wanted.variables) found.all[name] = value;
    if (what.wanted.process && !what.wanted.process->empty()) found.all["fprocess"] = *what.wanted.process;
    co_return found;
}

}  // namespace mote::node::detail
