from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_create_catalog"),
    ]

    operations = [
        migrations.AddField(
            model_name="provider",
            name="enriched",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Digest of what its models were last enriched from.",
                max_length=32,
            ),
        ),
    ]
