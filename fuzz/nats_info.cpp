#include <fuzz/target.hpp>

#include <mote/nats/detail/info_json.hpp>
#include <mote/nats/detail/server_pool.hpp>
#include <mote/nats/error.hpp>

#include <boost/json/parse.hpp>

#include <string>

/// The input is what stands behind INFO. What the server says becomes a CONNECT and servers to try.
namespace mote::fuzz {

int nats_info(const std::uint8_t* data, std::size_t size) {
    nats::server_info info;
    try {
        info = nats::detail::parse_info(text_of(data, size));
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == nats::errc::protocol_error, "refused for another reason");
        return 0;
    }
    nats::options opts;
    opts.name = info.server_name;
    nats::credentials login;
    login.user = info.cluster;
    login.signature = info.nonce;
    const auto connect = nats::detail::connect_json(opts, login, info);
    require(connect.find_first_of("\r\n") == std::string::npos, "CONNECT of several lines");
    require(boost::json::parse(connect).as_object().at("name").as_string() == info.server_name,
            "CONNECT says something else");
    nats::detail::server_pool pool(opts);
    pool.learn(info.connect_urls);
    require(pool.size() <= 1 + info.connect_urls.size() && pool.front().port == 4222, "the server in use is gone");
    return 0;
}

}  // namespace mote::fuzz
