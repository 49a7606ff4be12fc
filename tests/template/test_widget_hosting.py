"""The hosting of the widget's file, read from the expanded template."""

from __future__ import annotations

from typing import Any

from tests.template.expanded import deployment, properties, resources

HOSTING = {
    "WidgetBucket",
    "WidgetBucketPolicy",
    "WidgetAccess",
    "WidgetHeaders",
    "WidgetDistribution",
    "WidgetRecord",
}
OUTPUTS = {"WidgetBucket", "WidgetUrl"}


def condition(name: str) -> Any:
    return deployment().template["Conditions"][name]


def behaviour() -> dict[str, Any]:
    found: dict[str, Any] = config()["DefaultCacheBehavior"]
    return found


def config() -> dict[str, Any]:
    found: dict[str, Any] = properties("WidgetDistribution")["DistributionConfig"]
    return found


def headers() -> dict[str, Any]:
    found: dict[str, Any] = properties("WidgetHeaders")["ResponseHeadersPolicyConfig"]
    return found


def test_a_plain_deployment_hosts_nothing() -> None:
    """Every part of it, and its outputs, come with `HostWidget` only, which is off."""
    template = deployment().template
    assert template["Parameters"]["HostWidget"]["Default"] == "false"
    assert condition("HostsWidget") == {"Fn::Equals": [{"Ref": "HostWidget"}, "true"]}
    for name in ("HasWidgetDomain", "HasWidgetRecord"):
        first = condition(name)["Fn::And"][0]["Condition"]
        assert first in ("HostsWidget", "HasWidgetDomain")
    widget = {name for name in template["Resources"] if name.startswith("Widget")}
    assert widget == HOSTING
    parts = [template["Resources"][name] for name in HOSTING]
    outputs = [template["Outputs"][name] for name in OUTPUTS]
    conditions = {part["Condition"] for part in (*parts, *outputs)}
    assert conditions == {"HostsWidget", "HasWidgetRecord"}
    assert set(resources("AWS::CloudFront::Distribution")) == {"WidgetDistribution"}


def test_only_the_distribution_reads_the_bucket() -> None:
    """Private, encrypted, not without TLS; CloudFront may read objects for this distribution, and
    may list nothing."""
    bucket = properties("WidgetBucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    denied, allowed = properties("WidgetBucketPolicy")["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Action"], denied["Principal"]) == ("Deny", "s3:*", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (allowed["Effect"], allowed["Action"]) == ("Allow", "s3:GetObject")
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    (source,) = allowed["Condition"]["StringEquals"].values()
    assert source["Fn::Sub"].endswith(":distribution/${WidgetDistribution}")


def test_the_distribution_signs_what_it_asks_the_bucket() -> None:
    """Origin access control, and no identity of the older kind."""
    (origin,) = config()["Origins"]
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["WidgetAccess", "Id"]}
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    assert origin["Id"] == behaviour()["TargetOriginId"]
    access = properties("WidgetAccess")["OriginAccessControlConfig"]
    assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")


def test_the_file_is_read_over_https_alone_compressed_and_cached() -> None:
    """Nothing else can be asked; how long it is kept is said by the object itself."""
    assert behaviour()["ViewerProtocolPolicy"] == "https-only"
    assert behaviour()["AllowedMethods"] == ["GET", "HEAD"]
    assert behaviour()["Compress"] is True
    assert behaviour()["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    certificate = config()["ViewerCertificate"]["Fn::If"]
    assert certificate[0] == "HasWidgetDomain"
    assert certificate[1]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert certificate[2] == {"CloudFrontDefaultCertificate": True}


def test_any_site_may_embed_it_and_check_its_integrity() -> None:
    """CORS for every origin without credentials, across origins, and never another type."""
    assert behaviour()["ResponseHeadersPolicyId"] == {"Ref": "WidgetHeaders"}
    cors = headers()["CorsConfig"]
    assert cors["AccessControlAllowOrigins"] == {"Items": ["*"]}
    assert cors["AccessControlAllowCredentials"] is False
    custom = {item["Header"]: item["Value"] for item in headers()["CustomHeadersConfig"]["Items"]}
    assert custom == {"Cross-Origin-Resource-Policy": "cross-origin"}
    security = headers()["SecurityHeadersConfig"]
    assert security["ContentTypeOptions"] == {"Override": True}
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
