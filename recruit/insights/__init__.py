"""Read-only questions across the stages: the ranked list, a firm's page, the funnel, the boards."""
