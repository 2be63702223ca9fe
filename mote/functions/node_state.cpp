#include <mote/functions/node_state.hpp>

#include <mote/functions/error.hpp>
#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>
#include <mote/json/utf8.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <vector>

namespace mote::functions {
namespace {

constexpr std::size_t most_state_bytes = 4 * 1024 * 1024;

/// Of which it says only what there was.
bool is_over(const function_state& one) {
    return one.ready == 0 && one.starting == 0 && one.in_flight == 0 && one.trouble.empty();
}

}  // namespace

std::string write_node_state(const node_state& state, std::size_t most) {
    auto sent = state;
    sent.host = json::valid_utf8(sent.host);
    if (sent.labels)
        for (auto& [name, value] : *sent.labels) value = json::valid_utf8(value);  // one is the host's name
    // What a program says before it ends may be any bytes.
    for (auto& one : sent.functions) one.trouble = json::valid_utf8(one.trouble.substr(0, longest_trouble));
    auto text = json::encode(sent);
    if (text.size() <= most) return text;
    std::erase_if(sent.functions, is_over);
    std::ranges::stable_partition(sent.functions, [](const function_state& one) { return one.ready != 0; });
    for (text = json::encode(sent); text.size() > most && !sent.functions.empty(); text = json::encode(sent))
        sent.functions.resize(sent.functions.size() * most / text.size());
    return text;
}

node_state read_node_state(std::string_view json) {
    json::decode_options opts;
    opts.max_size = most_state_bytes;
    try {
        return json::decode<node_state>(json, opts);
    } catch (const boost::system::system_error& error) {
        throw_error(errc::bad_description, std::string("state of a node: ") + error.what());
    }
}

}  // namespace mote::functions
