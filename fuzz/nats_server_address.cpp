#include <fuzz/target.hpp>

#include <mote/nats/detail/server_pool.hpp>
#include <mote/nats/error.hpp>

#include <string>
#include <string_view>

/// The input is an address; its first line alone is what stands before a login, for an address with one.
namespace mote::fuzz {
namespace {

constexpr std::string_view secret = "s3cr3t";

void check_refusal(const boost::system::system_error& refused) {
    require(refused.code() == nats::errc::bad_url, "refused for another reason");
    require(std::string_view(refused.what()).find(secret) == std::string_view::npos, "a secret is shown");
}

void check_address(std::string_view text) {
    nats::detail::server_address address;
    try {
        address = nats::detail::parse_server_address(text);
    } catch (const boost::system::system_error& refused) {
        return check_refusal(refused);
    }
    require(!address.host.empty() && address.port != 0, "nowhere to connect to");
    const auto again = nats::detail::parse_server_address(address.name());
    require(again.host == address.host && again.port == address.port, "the name is of another server");
    require(again.login.user.empty() && again.login.token.empty(), "a name with a login");
}

void check_pool(std::string_view list) {
    nats::options opts;
    opts.servers = {std::string(list)};
    opts.randomize_servers = false;
    try {
        nats::detail::server_pool pool(opts);
        require(pool.size() != 0, "an empty pool");
        pool.learn({std::string(list), "10.0.0.1:4222"});
        require(!pool.learn({std::string(list), "10.0.0.1:4222"}), "news twice");
    } catch (const boost::system::system_error& refused) {
        check_refusal(refused);
    }
}

}  // namespace

int nats_server_address(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    if (text.find(secret) != std::string_view::npos) return 0;
    check_address(text);
    check_pool(text);
    auto rest = text;
    const auto before = take_line(rest);
    for (const std::string_view login : {"s3cr3t@", "u:s3cr3t@", "u:s3cr3t,@"}) {
        const auto with_login = std::string(before).append(login).append(rest);
        check_address(with_login);
        check_pool(with_login);
    }
    return 0;
}

}  // namespace mote::fuzz
