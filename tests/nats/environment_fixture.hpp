#pragma once

#include <tests/support/temp_dir.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>

namespace mote::test {

/// Every NATS variable unset and a configuration folder of its own; all as before at the end.
class environment : public ::testing::Test {
protected:
    environment() {
        for (const char* name :
             {"NATS_URL", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "NATS_CREDS", "NATS_NKEY", "NATS_JWT",
              "NATS_SEED", "NATS_CERT", "NATS_KEY", "NATS_CA", "NATS_SOCKS_PROXY", "NATS_INBOX_PREFIX", "NATS_TLSFIRST",
              "NATS_TIMEOUT", "NATS_CONTEXT", "XDG_CONFIG_HOME", "HOME"})
            unset(name);
        set("XDG_CONFIG_HOME", folder_.path().string());
    }

public:
    ~environment() override {
        for (const auto& [name, value] : before_) {
            if (value)
                ::setenv(name.c_str(), value->c_str(), 1);
            else
                ::unsetenv(name.c_str());
        }
    }

protected:
    void set(const std::string& name, const std::string& value) {
        remember(name);
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    void unset(const std::string& name) {
        remember(name);
        ::unsetenv(name.c_str());
    }
    const std::filesystem::path& folder() const { return folder_.path(); }
    /// A context as the `nats` command keeps it.
    void add_context(const std::string& name, const std::string& json) const {
        write("nats/context/" + name + ".json", json);
    }
    void select(const std::string& name) const { write("nats/context.txt", name); }
    void write(const std::string& path, const std::string& text) const {
        const auto file = folder() / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
    }

private:
    void remember(const std::string& name) {
        if (before_.contains(name)) return;
        const char* value = std::getenv(name.c_str());
        before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
    }

    temp_dir folder_;
    std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace mote::test
