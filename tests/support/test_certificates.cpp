#include "test_certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace asmgr_test {
namespace {

constexpr long kAnHour = 3600;

void need(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("cannot make a certificate: ") + what);
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  need(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

Identity unsigned_identity(const std::string& name, long serial) {
  Identity made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* certificate = made.certificate.get();
  need(made.key && certificate != nullptr, "a key");
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kAnHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kAnHour);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return made;
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& name) : self_(unsigned_identity(name, 1)) {
  X509* certificate = self_.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate, certificate, NID_key_usage, "critical,keyCertSign");
  extend(certificate, certificate, NID_subject_key_identifier, "hash");
  need(X509_sign(certificate, self_.key.get(), EVP_sha256()) > 0, "the authority's signature");
}

Identity CertificateAuthority::vouch_for(const std::string& names) const {
  Identity made = unsigned_identity("a server of a test", 2);
  X509* certificate = made.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(self_.certificate.get()));
  extend(certificate, self_.certificate.get(), NID_subject_alt_name, names);
  need(X509_sign(certificate, self_.key.get(), EVP_sha256()) > 0, "a signature");
  return made;
}

std::string CertificateAuthority::certificate() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  need(PEM_write_bio_X509(memory.get(), self_.certificate.get()) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace asmgr_test
