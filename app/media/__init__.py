"""Pictures and films: uploaded straight to S3 under a policy, worked on by consumers, served by the CDN."""
